// Sends one test event to one destination, by the way that every event takes, and gathers what came of it. No state, no lock.
import type { DestinationConfig } from '../../config/config.ts'
import { attempt, reasonOf } from '../../delivery/attempt.ts'
import { dressed } from '../../delivery/dressing.ts'
import type { Destination, DestinationKind } from '../../destinations/destination.ts'
import { printable } from '../../runtime/scrub.ts'
import type { Batch } from '../../model/batch.ts'
import type { Verdict } from '../../model/verdict.ts'
import type { Clock } from '../../runtime/clock.ts'
import { createHttpClient, type HttpClientOptions } from '../../runtime/http-client.ts'
import type { HttpClient } from '../../runtime/http.ts'
import type { Random } from '../../runtime/random.ts'
import { exchangeOf, type Facts } from './facts.ts'
import { type Mask, maskOf } from './masking.ts'
import { type Recorder, recorderOf } from './recorder.ts'
import { testEvent } from './test-event.ts'

export interface TestTools {
  readonly clock: Clock
  readonly random: Random
  /** The client of each destination; the usual one unless given. */
  readonly http?: (options: HttpClientOptions) => HttpClient
  /** Stands in for a destination's kind, where the kind's own way would spoil what the command prints. */
  readonly kindOf?: (destination: DestinationConfig) => DestinationKind
}

/** What the HTTP client needs to say by itself that the time is up: it knows best what it was waiting for. */
const graceMs = 500
/** A destination that does not close has said all that it will say. */
const closingMs = 2_000

/** Never rejects for what a destination does: that is what it finds out. */
export async function testOne(config: DestinationConfig, tools: TestTools): Promise<Facts> {
  const { clock } = tools
  const open = tools.http ?? createHttpClient
  const { timeoutMs } = config
  const recorder = recorderOf((connection) => open({ ...connection, inFlight: 1, timeoutMs }))
  const sentAt = clock.now()
  const { id, batch } = testEvent(config.name, tools.random, sentAt)
  const started = clock.monotonic()
  const verdict = await deliver(config, batch, recorder, tools)
  const latencyMs = clock.monotonic() - started
  const mask = maskOf(config.secrets(), recorder.sent)
  const exchange = recorder.last ? exchangeOf(recorder.last, mask) : null
  const { name, type, enabled } = config
  const notes = exchange?.answer?.truncated
    ? ['The answer is longer than the 64 KiB that the relay looks at, or has no end; the rest was not read.']
    : []
  const clean = cleanVerdict(verdict, mask, exchange?.answer?.said ?? '')
  const hints = clean.kind === 'delivered' ? [] : (config.kind.hints?.(clean.reason) ?? [])
  const remarks = clean.kind === 'delivered' && clean.remark ? [`It was taken, but ${clean.remark.text}.`] : []
  const seen = { latencyMs, timeoutMs, exchange, verdict: clean, hints, notes: [...notes, ...remarks] }
  return { name, type, enabled, eventId: id, sentAt, ...seen }
}

async function deliver(
  config: DestinationConfig,
  batch: Batch,
  recorder: Recorder,
  { clock, random, kindOf }: TestTools,
): Promise<Verdict> {
  let destination: Destination
  try {
    const kind = kindOf?.(config) ?? config.kind
    // Another name than the destination's, one that no configuration can hold: what a kind keeps by name, as `file` keeps its
    // journal, belongs to the relay that may be running.
    const tools = { name: `${config.name} (test)`, clock, random, http: recorder.http }
    const dress = config.dress?.()
    const opened = kind.open(config.options(), tools)
    destination = dress ? dressed(opened, dress, config.limits) : opened
  } catch (error) {
    return { kind: 'halt', reason: { ...reasonOf(error), code: 'setup' } }
  }
  try {
    return await verdictOf(destination, batch, config.timeoutMs, clock)
  } finally {
    await ended(
      destination.close().catch(() => undefined),
      closingMs,
      clock,
    )
  }
}

/** The time-out holds for the request, and once more for a confirmation that comes apart. */
async function verdictOf(destination: Destination, batch: Batch, timeoutMs: number, clock: Clock): Promise<Verdict> {
  const controller = new AbortController()
  const inTime = <Value>(work: Promise<Value>): Promise<Value | undefined> => ended(work, timeoutMs + graceMs, clock)
  const reply = await inTime(attempt(destination, batch, controller.signal))
  const verdicts = reply && 'later' in reply ? await inTime(reply.later) : reply?.verdicts
  if (verdicts?.[0]) return verdicts[0]
  controller.abort(new DOMException('the time for this request is up', 'TimeoutError'))
  const what = reply ? 'no confirmation' : 'no answer'
  return { kind: 'retry', reason: { code: 'timeout', text: `${what} within ${timeoutMs / 1000} s` } }
}

/** What `work` gives, or undefined when it takes longer than `ms`. */
async function ended<Value>(work: Promise<Value>, ms: number, clock: Clock): Promise<Value | undefined> {
  const done = new AbortController()
  const late = clock.sleep(ms, done.signal).then(
    () => undefined,
    () => undefined,
  )
  try {
    return await Promise.race([work, late])
  } finally {
    done.abort()
  }
}

/** What is no text stays out: a secret between its zero bytes would not be found. */
function cleanVerdict(verdict: Verdict, mask: Mask, said: string): Verdict {
  if (verdict.kind === 'delivered')
    return verdict.ref === undefined ? verdict : { ...verdict, ref: mask.text(verdict.ref) }
  const { reason } = verdict
  const unreadable = said.endsWith('bytes that are not text)')
  const text = unreadable ? `the receiver answered ${reason.status}: ${said}` : printable(mask.text(reason.text))
  return { ...verdict, reason: { ...reason, text } }
}
