// Loops that run side by side, by name, each of which can be stopped for a piece of work and started again. When one fails the
// others are told to stop at once, and its error is the crew's.
import type { Clock } from './clock.ts'

/** `drain`: take no new work. `abort`: leave what is under way. */
interface Stops {
  readonly drain: AbortSignal
  readonly abort: AbortSignal
}

export interface Loop {
  /** Runs until `drain`, or ends by itself. */
  run(signals: Stops): Promise<void>
  /** How long it may take to end once it is asked to; then it is aborted. */
  readonly graceMs: number
}

interface Member {
  readonly loop: Loop
  readonly drain: AbortController
  readonly abort: AbortController
  readonly ended: Promise<void>
}

export class Crew {
  readonly #clock: Clock
  readonly #members = new Map<string, Member>()
  /** The last piece of work for each name: they take their turns. */
  readonly #turns = new Map<string, Promise<unknown>>()
  readonly #failed = new AbortController()
  #failure: { readonly error: unknown } | null = null
  #signals: Stops | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs these, and what is started meanwhile, until `drain`; resolves, or rejects with the first failure, when all have ended. */
  async run(signals: Stops, loops: ReadonlyMap<string, Loop>): Promise<void> {
    const all = {
      drain: AbortSignal.any([signals.drain, this.#failed.signal]),
      abort: AbortSignal.any([signals.abort, this.#failed.signal]),
    }
    this.#signals = all
    for (const [name, loop] of loops) this.start(name, loop)
    await fired(all.drain)
    await Promise.all([...this.#members.values()].map(({ ended }) => ended))
    await Promise.all(this.#turns.values())
    if (this.#failure) throw this.#failure.error
  }

  /** Whether loops may be started: the crew runs, and nobody has asked it to stop. */
  get open(): boolean {
    return this.#signals !== null && !this.#signals.drain.aborted
  }

  /** Starts a loop, unless the crew is not running (any more). */
  start(name: string, loop: Loop): void {
    const signals = this.#signals
    if (!signals || signals.drain.aborted) return
    if (this.#members.has(name)) throw new Error(`${name} runs already`)
    const drain = new AbortController()
    const abort = new AbortController()
    const own = {
      drain: AbortSignal.any([signals.drain, drain.signal]),
      abort: AbortSignal.any([signals.abort, abort.signal]),
    }
    const ended = loop.run(own).catch((error: unknown) => {
      this.#failure ??= { error }
      this.#failed.abort()
    })
    this.#members.set(name, { loop, drain, abort, ended })
  }

  /** Asks a loop to end, aborts it when its grace is over, and waits until it has ended. */
  async stop(name: string): Promise<void> {
    const member = this.#members.get(name)
    if (!member) return
    const ended = new AbortController()
    member.drain.abort()
    this.#clock.sleep(member.loop.graceMs, ended.signal).then(
      () => member.abort.abort(),
      () => {},
    )
    await member.ended
    ended.abort()
    this.#members.delete(name)
  }

  /** Does `work` when every earlier piece of work for this name is done. */
  async inTurn<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#turns.get(name)
    const turn = (async () => {
      await before
      return work()
    })()
    const quiet = turn.then(
      () => {},
      () => {},
    )
    this.#turns.set(name, quiet)
    try {
      return await turn
    } finally {
      if (this.#turns.get(name) === quiet) this.#turns.delete(name)
    }
  }
}

async function fired(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
