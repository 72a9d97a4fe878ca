// One dispatcher with everything around it in hand: a store, a clock, a destination that answers as it is told, a record of it all.
import type { Batch, BatchLimits } from '../../../src/model/batch.ts'
import type { Page } from '../../../src/model/page.ts'
import { DELIVERED, forAll, type Outcome, type Reason, type Verdict } from '../../../src/model/verdict.ts'
import { createDispatcher, type Dispatcher, type DispatcherParts } from '../../../src/delivery/dispatcher.ts'
import type { Destination } from '../../../src/destinations/destination.ts'
import type { Random } from '../../../src/runtime/random.ts'
import type { TelemetryEvent } from '../../../src/telemetry/events.ts'
import { TestClock } from '../../fakes/test-clock.ts'
import { FakeStore } from './fake-store.ts'

/** A page of small events, numbered from `from`. */
export function pageOf(count: number, from = 1, size = 0): Page {
  const lines = Array.from(
    { length: count },
    (_, index) => `${JSON.stringify({ n: from + index, event_id: `e${from + index}`, pad: 'x'.repeat(size) })}\n`,
  )
  const bytes = Buffer.from(lines.join(''))
  const offsets = new Uint32Array(count + 1)
  const keys = new Uint8Array(count * 16)
  lines.forEach((line, index) => {
    offsets[index + 1] = (offsets[index] as number) + Buffer.byteLength(line)
    new DataView(keys.buffer).setUint32(index * 16, from + index)
  })
  const times = new Float64Array(count).fill(1)
  return { count, bytes, offsets, times, keys, fingerprints: new Uint8Array(count * 8), tags: new Uint8Array(count) }
}

/** The number of each event of a batch, read from its bytes as a receiver would. */
export function numbersOf(batch: Batch): number[] {
  return batch.events.map(({ bytes, start, end }) => {
    return (JSON.parse(Buffer.from(bytes.subarray(start, end)).toString()) as { n: number }).n
  })
}

export const because = (status: number): Reason => ({ code: `http_${status}`, text: `answered ${status}`, status })
export const delivered = (batch: Batch): Outcome => ({ verdicts: forAll(batch.events.length, DELIVERED) })
const answers = (batch: Batch, verdict: Verdict): Outcome => ({ verdicts: forAll(batch.events.length, verdict) })
export const retry = (batch: Batch, status = 500, afterMs?: number): Outcome =>
  answers(batch, { kind: 'retry', reason: because(status), ...(afterMs === undefined ? {} : { afterMs }) })
export const reject = (batch: Batch, status = 400): Outcome =>
  answers(batch, { kind: 'reject', reason: because(status) })
export const halt = (batch: Batch, status = 401): Outcome => answers(batch, { kind: 'halt', reason: because(status) })
export const tooLarge = (batch: Batch): Outcome => answers(batch, { kind: 'reject', reason: because(413), split: true })

/** Repeatable chance. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, hex: (count) => '00'.repeat(count) }
}

export type Answer = (batch: Batch, signal: AbortSignal) => Outcome | Promise<Outcome>

export interface RigOptions {
  readonly limits?: Partial<BatchLimits>
  readonly inFlight?: number
  readonly timeoutMs?: number
  readonly scheduleMs?: readonly number[]
  /** How long the destination takes to answer. */
  readonly tookMs?: number
  readonly store?: FakeStore
  readonly clock?: TestClock
  readonly open?: () => void
  readonly audited?: DispatcherParts['audited']
}

export interface Sent {
  readonly at: number
  readonly batch: Batch
  readonly numbers: readonly number[]
}

export class Rig {
  readonly clock: TestClock
  readonly store: FakeStore
  readonly events: TelemetryEvent[] = []
  readonly sent: Sent[] = []
  readonly received: number[] = []
  readonly dispatcher: Dispatcher
  opened = 0
  closed = 0
  running = 0
  mostRunning = 0
  runningAtClose = 0
  answer: Answer = delivered
  failure: unknown = null
  stopped = false
  readonly #drain = new AbortController()
  readonly #abort = new AbortController()
  readonly #tookMs: number
  #run: Promise<void> | null = null

  constructor(options: RigOptions = {}) {
    const { limits, inFlight = 4, timeoutMs = 30_000, scheduleMs = [30_000, 120_000, 600_000] } = options
    this.clock = options.clock ?? new TestClock()
    this.store = options.store ?? new FakeStore()
    this.#tookMs = options.tookMs ?? 10
    this.dispatcher = createDispatcher({
      name: 'siem',
      store: this.store.port,
      open: () => this.#open(options.open),
      limits: { maxEvents: 10, maxBytes: 1_000_000, overheadBytes: 2, ...limits },
      inFlight,
      timeoutMs,
      scheduleMs,
      ...(options.audited && { audited: options.audited }),
      clock: this.clock,
      random: seeded(7),
      telemetry: { emit: (event) => void this.events.push(event) },
    })
  }

  #open(check: (() => void) | undefined): Destination {
    check?.()
    this.opened++
    return {
      send: (batch, signal) => this.#send(batch, signal),
      close: () => {
        this.closed++
        this.runningAtClose = this.running
        return Promise.resolve()
      },
    }
  }

  async #send(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    const numbers = numbersOf(batch)
    this.sent.push({ at: this.clock.monotonic(), batch, numbers })
    this.running++
    this.mostRunning = Math.max(this.mostRunning, this.running)
    try {
      if (this.#tookMs > 0) await this.clock.sleep(this.#tookMs, signal)
      const outcome = await this.answer(batch, signal)
      if ('verdicts' in outcome)
        this.received.push(...numbers.filter((_, index) => outcome.verdicts[index]?.kind === 'delivered'))
      return outcome
    } finally {
      this.running--
    }
  }

  /** Commits `count` events numbered on from the last. */
  commit(count: number, options: Parameters<FakeStore['commit']>[1] & { size?: number } = {}): void {
    this.store.commit(pageOf(count, this.store.end, options.size), options)
    this.dispatcher.wake()
  }

  start(): void {
    this.#run = this.dispatcher.run({ drain: this.#drain.signal, abort: this.#abort.signal }).then(
      () => void (this.stopped = true),
      (error: unknown) => void (this.failure = error),
    )
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms)
    if (this.failure) throw this.failure as Error
  }

  drain(): void {
    this.#drain.abort()
  }

  abort(): void {
    this.#abort.abort()
  }

  /** Stops at once and waits for it. */
  async stop(): Promise<void> {
    this.abort()
    await this.#run
    if (this.failure) throw this.failure as Error
  }

  of<T extends TelemetryEvent['type']>(type: T): Extract<TelemetryEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<TelemetryEvent, { type: T }> => event.type === type)
  }
}
