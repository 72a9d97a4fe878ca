// The open destination of a dispatcher: opened at start, opened anew when its secrets may have changed, closed at the end. A
// destination that cannot be opened answers every batch with `halt`, so that nobody else has to know.
import { forAll } from '../model/verdict.ts'
import type { Destination } from '../destinations/destination.ts'
import { reasonOf } from './attempt.ts'

export class Door {
  readonly #open: () => Destination
  #destination: Destination
  /** Destinations that were replaced and are still closing. */
  #closing: Promise<void> = Promise.resolve()

  constructor(open: () => Destination) {
    this.#open = open
    this.#destination = opened(open)
  }

  get destination(): Destination {
    return this.#destination
  }

  /** Reads secrets and set-up again. */
  reopen(): void {
    this.#retire()
    this.#destination = opened(this.#open)
  }

  /** Resolves when everything is closed, or when the signal fires. */
  async close(signal: AbortSignal): Promise<void> {
    this.#retire()
    if (signal.aborted) return
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    await Promise.race([this.#closing, aborted])
  }

  #retire(): void {
    const old = this.#destination
    // A destination that fails to close has taken all that it will ever take; there is nothing left to do about it.
    const closed = Promise.resolve()
      .then(() => old.close())
      .catch(() => undefined)
    this.#closing = Promise.all([this.#closing, closed]).then(() => undefined)
  }
}

function opened(open: () => Destination): Destination {
  try {
    return open()
  } catch (error) {
    const reason = { ...reasonOf(error), code: 'setup' }
    return {
      send: (batch) => Promise.resolve({ verdicts: forAll(batch.events.length, { kind: 'halt', reason }) }),
      close: () => Promise.resolve(),
    }
  }
}
