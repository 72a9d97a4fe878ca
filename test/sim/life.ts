// One life of the relay's process: everything it touches goes through here, so that a kill cuts it off in the middle.
import type { Clock } from '../../src/runtime/clock.ts'
import type { HttpClient } from '../../src/runtime/http.ts'
import type { Store } from '../../src/store/store.ts'

/** Of its own each time: a shared one would hold on to everybody who waits for it. */
const never = (): Promise<never> => new Promise(() => {})

export class Life {
  #dead = false
  #callsLeft = Infinity

  /** From now on nothing this process does has any effect, and nothing answers it. */
  kill(): void {
    this.#dead = true
  }

  get dead(): boolean {
    return this.#dead
  }

  /** Kills it by itself between two verbs of the store, so many from now on. */
  killAfter(calls: number): void {
    this.#callsLeft = calls
  }

  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: (ms, signal) => this.#whileAlive(clock.sleep(ms, signal)),
    }
  }

  http(client: HttpClient): HttpClient {
    return {
      request: (request, signal) => (this.#dead ? never() : this.#whileAlive(client.request(request, signal))),
      close: () => client.close(),
    }
  }

  store(store: Store): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const verb = Reflect.get(target, name, target) as unknown
        if (typeof verb !== 'function') return verb
        return (...given: unknown[]) => {
          if (this.#dead || this.#isLast()) return never()
          return this.#whileAlive((verb as (...all: unknown[]) => Promise<unknown>).apply(target, given))
        }
      },
    })
  }

  #isLast(): boolean {
    if (this.#callsLeft-- <= 0) this.#dead = true
    return this.#dead
  }

  async #whileAlive<Result>(work: Promise<Result>): Promise<Result> {
    const result = await work.catch((error: unknown) => {
      if (this.#dead) return never()
      throw error
    })
    return this.#dead ? never() : result
  }
}
