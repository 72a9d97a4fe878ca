// The loop of one destination: take, send, judge, settle. It shares nothing with its siblings but the store, and knows neither
// which store nor which kind of destination it has.
import type { BatchLimits } from '../model/batch.ts'
import type { Destination } from '../destinations/destination.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Random } from '../runtime/random.ts'
import type { Store } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'
import { Bell } from './bell.ts'
import { breakerFrom, closedBreaker, type Moment } from './breaker.ts'
import { Door } from './door.ts'
import { Exhumer } from './exhumer.ts'
import { HealthKeeper } from './health-keeper.ts'
import { Judgement } from './judgement.ts'
import type { AuditedDeliveries } from './news.ts'
import { LearnedLimits } from './learned-limits.ts'
import { Sender } from './sender.ts'
import type { Sealed } from './settle-buffer.ts'
import { Settler } from './settler.ts'
import { Supplies } from './supplies.ts'

export interface DispatcherParts {
  readonly name: string
  readonly store: Store
  /** Reads secrets and opens the destination; called at start and, while it is halted, before each trial. Whatever it throws halts. */
  readonly open: () => Destination
  readonly limits: BatchLimits
  readonly inFlight: number
  readonly timeoutMs: number
  /** One retry for each delay. */
  readonly scheduleMs: readonly number[]
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  /** Whether deliveries make audit events; without it they do not. */
  readonly audited?: AuditedDeliveries
}

/** `drain`: take no new work and let requests finish. `abort`: abandon them. */
export interface StopSignals {
  readonly drain: AbortSignal
  readonly abort: AbortSignal
}

/** What a dispatcher could do next. */
export interface Standing {
  /** Something is being sent or written, or has not been looked at yet. */
  readonly busy: boolean
  /** When not busy: until something that waits can be tried, ms; null when nothing waits. */
  readonly nextInMs: number | null
}

/** What is known once the state has been read. */
interface Loaded {
  readonly door: Door
  readonly supplies: Supplies
  readonly judgement: Judgement
  readonly sender: Sender
  readonly health: HealthKeeper
  readonly exhumer: Exhumer
}

export function createDispatcher(parts: DispatcherParts): Dispatcher {
  return new Dispatcher(parts)
}

export class Dispatcher {
  readonly #parts: DispatcherParts
  readonly #bell: Bell
  readonly #settler: Settler
  #loaded: Loaded | null = null
  #stop: AbortSignal | null = null
  #failure: { readonly error: unknown } | null = null
  /** Nothing can be done until somebody rings. */
  #resting = false
  #saidIdle = false

  constructor(parts: DispatcherParts) {
    this.#parts = parts
    this.#bell = new Bell(parts.clock)
    this.#settler = new Settler(parts.name, {
      ...parts,
      failed: (error) => this.#fail(error),
      written: (sealed) => this.#written(sealed),
    })
  }

  /** A page was committed, or something else changed in the store. */
  wake(): void {
    this.#loaded?.supplies.wake()
    this.#ring()
  }

  /** Events set aside were changed in the store by somebody else. */
  lookAgain(): void {
    this.#loaded?.supplies.retries.changed()
    this.wake()
  }

  /** How long one request may take. */
  get timeoutMs(): number {
    return this.#parts.timeoutMs
  }

  standing(): Standing {
    const loaded = this.#loaded
    if (!loaded || !this.#resting || this.#isWorking(loaded)) return { busy: true, nextInMs: null }
    const { judgement, supplies } = loaded
    const now = this.#parts.clock.monotonic()
    const waits = judgement.hasAgain || judgement.suspects.count > 0 || !supplies.drained || supplies.retries.ready
    const dueAt = waits ? now : supplies.retries.dueAt
    if (dueAt === null) return { busy: false, nextInMs: null }
    return { busy: false, nextInMs: Math.max(dueAt, judgement.breaker.notBefore, now) - now }
  }

  /** Delivers until `drain` fires; then finishes what runs, or abandons it at `abort`, and writes what it knows. Rejects when the store fails. */
  async run(signals: StopSignals): Promise<void> {
    const stop = AbortSignal.any([signals.drain, signals.abort])
    const ring = (): void => this.#ring()
    this.#stop = stop
    for (const signal of [stop, signals.abort]) signal.addEventListener('abort', ring)
    try {
      await this.start()
      while (!stop.aborted && !this.#failure) {
        await this.step()
        await this.#rest()
      }
      await this.#finish(signals.abort)
    } finally {
      this.#loaded?.sender.flights.abandon()
      this.#bell.close()
      for (const signal of [stop, signals.abort]) signal.removeEventListener('abort', ring)
    }
  }

  /** Reads where the last run stopped, and opens the destination. */
  async start(): Promise<void> {
    const parts = this.#parts
    const { name, store, scheduleMs } = parts
    const { buffer } = this.#settler
    const moment = (): Moment => this.#moment()
    const saved = await store.health(name)
    const rejects = [...(await store.provisional(name)).values()].reduce((sum, count) => sum + count, 0)
    const supplies = await Supplies.load(name, { ...parts, scheduleMs, buffer })
    const learned = new LearnedLimits(parts.limits)
    const breaker = saved ? breakerFrom(saved, moment()) : closedBreaker(moment())
    const around = { ...parts, destination: name, limits: learned, buffer, moment, health: saved }
    const judgement = new Judgement(around, breaker, rejects)
    const door = new Door(parts.open)
    const hooks = {
      ring: () => this.#ring(),
      failed: (error: unknown) => this.#fail(error),
      mayTake: () => !this.#stop?.aborted && !this.#failure,
    }
    const sender = new Sender({ ...parts, ...hooks, learned, settler: this.#settler, supplies, judgement, door })
    const health = new HealthKeeper(judgement, { ...parts, moment, failed: hooks.failed, saved: hooks.ring })
    const exhumer = new Exhumer({ ...parts, judgement, settler: this.#settler, retries: supplies.retries })
    this.#loaded = { door, supplies, judgement, sender, health, exhumer }
  }

  /** Everything that can be done now. */
  async step(): Promise<void> {
    const { sender, supplies, health, exhumer } = this.#known()
    sender.flights.expire()
    await exhumer.step()
    await supplies.retries.look()
    await sender.step()
    this.#settler.step()
    health.step()
    this.#setAlarm()
  }

  async #rest(): Promise<void> {
    const loaded = this.#known()
    this.#resting = !this.#bell.rung
    const idle = this.#resting && !this.#isWorking(loaded)
    if (idle && !this.#saidIdle) this.#parts.telemetry.emit({ type: 'idle', destination: this.#parts.name })
    this.#saidIdle = idle
    await this.#bell.wait()
    this.#resting = false
  }

  #isWorking({ sender, judgement, health }: Loaded): boolean {
    return sender.flights.count > 0 || !this.#settler.idle || judgement.refusal !== null || health.pending
  }

  /** The next time at which something falls due by itself; everything else rings. */
  #setAlarm(): void {
    const { sender, supplies, judgement, health, exhumer } = this.#known()
    const now = this.#parts.clock.monotonic()
    const times = [
      sender.dueAt,
      sender.flights.dueAt,
      this.#settler.dueAt,
      health.dueAt,
      supplies.retries.dueAt,
      judgement.breaker.notBefore,
      judgement.breaker.restUntil,
      exhumer.dueAt,
    ]
    let next = Infinity
    for (const time of times) if (time !== null && time > now && time < next) next = time
    if (next < Infinity) this.#bell.setAlarm(next)
  }

  async #finish(abort: AbortSignal): Promise<void> {
    const { sender, door, health } = this.#known()
    while (sender.flights.count > 0 && !abort.aborted && !this.#failure) {
      sender.flights.expire()
      this.#settler.step()
      this.#setAlarm()
      await this.#bell.wait()
    }
    sender.flights.abandon()
    if (!this.#failure) await this.#settler.finish(abort)
    if (!this.#failure) await health.finish()
    await door.close(this.#failure ? AbortSignal.abort() : abort)
    if (this.#failure) throw this.#failure.error
  }

  #written(sealed: Sealed): void {
    const retries = this.#loaded?.supplies.retries
    if (sealed.fromRetries.length > 0) retries?.release(sealed.fromRetries)
    if (sealed.settlement.retrying.length > 0) retries?.changed()
    this.#ring()
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#ring()
  }

  #ring(): void {
    this.#resting = false
    this.#bell.ring()
  }

  #moment(): Moment {
    const { clock, random, inFlight } = this.#parts
    return { now: clock.now(), monotonic: clock.monotonic(), random, inFlight }
  }

  #known(): Loaded {
    if (!this.#loaded) throw new Error('the dispatcher was not started')
    return this.#loaded
  }
}
