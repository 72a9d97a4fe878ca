// Work that must not overlap: one piece after the other, in the order of asking.

/** Runs pieces of work one at a time. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /**
   * Resolves with what `work` gives. When the signal aborts, whoever waits is let go with its reason: a piece that has not begun
   * never runs, one that has begun runs to its end unseen, because a write cannot be taken back.
   */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const result = this.#last.then(() => {
      signal.throwIfAborted()
      return work()
    })
    this.#last = result.catch(() => undefined)
    return unlessAborted(result, signal)
  }

  /** Resolves when everything asked for so far has ended. */
  async idle(): Promise<void> {
    await this.#last
  }
}

async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
