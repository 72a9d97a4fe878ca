// What the rate-limit headers of an answer say, in the dialects that vendors speak: whether the limit is used up, and when it is
// full again. `Retry-After` is a plainer word and goes before them.
import type { HttpReply } from './http.ts'
import { clamped, dateMs, waitUntil } from './retry-after.ts'

type Headers = Readonly<Record<string, string>>

const RESET = ['ratelimit-reset', 'x-ratelimit-reset', 'x-rate-limit-reset'] as const
const REMAINING = ['ratelimit-remaining', 'x-ratelimit-remaining', 'x-rate-limit-remaining'] as const

/** Larger numbers are times since the epoch: in seconds, and in milliseconds. Smaller ones are seconds from now. */
const epochSeconds = 1e9
const epochMilliseconds = 1e12
/** No honest header is longer. */
const longestHeader = 1024

/** What may stand in a header that says when a limit is full again: `auto` goes by size and form. */
export const RESET_FORMS = ['auto', 'epoch', 'delta', 'datetime'] as const
type ResetForm = (typeof RESET_FORMS)[number]

/** Such a header of a name of its own, in lower case. */
export interface ResetHeader {
  readonly header: string
  readonly form: ResetForm
}

/** One limit of the structured form: `"minute";r=0;t=30`, or of the older `limit=10, remaining=0, reset=30`. */
interface Limit {
  readonly remaining?: number
  readonly reset?: number
}

/**
 * The wait until the limit is full again, ms, held as `Retry-After` is; undefined when nothing is said, or when something is
 * left of it: then it is another reason for which the request was turned away.
 */
export function resetMs(headers: Headers, nowMs: number): number | undefined {
  const limits = limitsOf(headers).filter(({ remaining = 0 }) => remaining <= 0)
  const waits = limits.flatMap(({ reset }) => (reset === undefined ? [] : [clamped(reset * 1000)]))
  if (waits.length > 0) return Math.max(...waits)
  return (remainingOf(headers) ?? 0) > 0 ? undefined : plainResetMs(headers, nowMs)
}

/** The same by a header of a name of its own; undefined when it is absent or does not hold what it is said to. */
export function namedResetMs(headers: Headers, { header, form }: ResetHeader, nowMs: number): number | undefined {
  return resetIn(headers[header]?.trim() ?? '', form, headers, nowMs)
}

/** How long a receiver that took the request wants to be left alone, ms; undefined when it does not say that the limit is used up. */
export function pauseMsOf({ status, headers }: HttpReply, nowMs: number): number | undefined {
  if (status < 200 || status > 299) return undefined
  const usedUp = limitsOf(headers).some(({ remaining }) => remaining !== undefined && remaining <= 0)
  if (!usedUp && !((remainingOf(headers) ?? 1) <= 0)) return undefined
  return resetMs(headers, nowMs)
}

function plainResetMs(headers: Headers, nowMs: number): number | undefined {
  for (const name of RESET) {
    const wait = resetIn(headers[name]?.trim() ?? '', 'auto', headers, nowMs)
    if (wait !== undefined) return wait
  }
  return undefined
}

function resetIn(text: string, form: ResetForm, headers: Headers, nowMs: number): number | undefined {
  const value = numberOf(text)
  if (value === undefined) {
    const at = form === 'auto' || form === 'datetime' ? dateMs(text) : NaN
    return Number.isNaN(at) ? undefined : waitUntil(at, headers, nowMs)
  }
  if (form === 'datetime') return undefined
  if (form === 'delta' || (form === 'auto' && value <= epochSeconds)) return clamped(value * 1000)
  return waitUntil(value > epochMilliseconds ? value : value * 1000, headers, nowMs)
}

function remainingOf(headers: Headers): number | undefined {
  for (const name of REMAINING) {
    const value = numberOf(headers[name]?.trim() ?? '')
    if (value !== undefined) return value
  }
  return undefined
}

/** The first number of a header that may have been sent twice. */
function numberOf(text: string): number | undefined {
  const digits = /^([+-]?[0-9]{1,18}(?:\.[0-9]{0,9})?)(?:\s*[,;]|$)/.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** `RateLimit`: by the draft of the IETF a list of limits, before that a dictionary about one. */
function limitsOf(headers: Headers): readonly Limit[] {
  const text = headers['ratelimit']
  if (text === undefined || text.length > longestHeader) return []
  const remaining = member(text, 'remaining')
  const reset = member(text, 'reset')
  if (remaining !== undefined || reset !== undefined) return [limit(remaining, reset)]
  return text.split(',').map((item) => limit(member(item, 'r'), member(item, 't')))
}

function member(text: string, name: string): number | undefined {
  const digits = new RegExp(`(?:^|[;,\\s])${name}=(-?[0-9]{1,15})(?=$|[;,\\s])`, 'i').exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function limit(remaining: number | undefined, reset: number | undefined): Limit {
  return { ...(remaining === undefined ? {} : { remaining }), ...(reset === undefined ? {} : { reset }) }
}
