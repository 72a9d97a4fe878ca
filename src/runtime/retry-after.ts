// When a receiver asks to be tried again, in every form in which that is said, held between a second and an hour.

export const SHORTEST_WAIT_MS = 1_000
export const LONGEST_WAIT_MS = 3_600_000

const days = /^(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?[, ]/i

/**
 * The wait that `Retry-After` asks for, ms; undefined when the header is absent or says nothing that can be read. A date is
 * taken relative to the receiver's own `Date` where there is one, because two clocks differ.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const text = headers['retry-after']?.trim()
  if (text === undefined || text === '') return undefined
  const seconds = /^([+-]?[0-9]{1,18}(?:\.[0-9]{0,9})?)(?:\s*,.*)?$/.exec(text)?.[1]
  if (seconds !== undefined) return clamped(Number(seconds) * 1000)
  const at = dateMs(text)
  if (Number.isNaN(at)) return /^[0-9]{19,}$/.test(text) ? LONGEST_WAIT_MS : undefined
  return waitUntil(at, headers, nowMs)
}

/** The wait until `at` (ms since the epoch) by the receiver's own clock where its answer names it, by ours otherwise. */
export function waitUntil(at: number, headers: Readonly<Record<string, string>>, nowMs: number): number {
  const receiverNow = dateMs(headers['date']?.trim() ?? '')
  return clamped(at - (Number.isNaN(receiverNow) ? nowMs : receiverNow))
}

/** Held between a second and an hour. */
export function clamped(ms: number): number {
  return Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, Math.ceil(ms)))
}

/** The three forms of HTTP dates, and RFC 3339, which some send; NaN otherwise. Date.parse alone would take nearly anything. */
export function dateMs(text: string): number {
  if (text.length > 64) return NaN
  if (/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}[0-9:.]*(Z|[+-][0-9]{2}:[0-9]{2})$/i.test(text))
    return Date.parse(text)
  if (!days.test(text)) return NaN
  return Date.parse(/(GMT|UTC|[+-][0-9]{4})$/i.test(text) ? text : `${text} GMT`)
}
