// Keeps the failure of one part from stopping the others, and tells it when they are done.
import { SetupError, SourceError } from '../model/errors.ts'

export class PartFailures {
  readonly #signal: AbortSignal
  readonly #failed = new Map<string, SourceError | SetupError>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** What `pages` yields, until the part fails. A fault of ours, and the stop, go through. */
  async *guard<Page>(part: string, pages: AsyncGenerator<Page, void>): AsyncGenerator<Page, void> {
    this.#signal.throwIfAborted()
    try {
      yield* pages
    } catch (error) {
      const isExpected = error instanceof SourceError || error instanceof SetupError
      if (!isExpected || (this.#signal.aborted && error === this.#signal.reason)) throw error
      if (!this.#failed.has(part)) this.#failed.set(part, error)
    }
  }

  /** Those of the parts that have not failed. */
  sound(parts: readonly string[]): readonly string[] {
    return parts.filter((part) => !this.#failed.has(part))
  }

  /** Throws when a part has failed: the failure that asks for the longest wait, with how many more there were. */
  end(): void {
    const [worst, ...others] = [...this.#failed].toSorted(([, a], [, b]) => waitOf(b) - waitOf(a))
    if (!worst) return
    const [part, error] = worst
    if (part === '' && others.length === 0) throw error
    const more = others.length === 0 ? '' : ` (${others.length} more of its parts failed)`
    const text = `${part}: ${error.message}${more}`
    throw error instanceof SourceError
      ? new SourceError(error.kind, text, {
          cause: error,
          ...(error.afterMs !== undefined && { afterMs: error.afterMs }),
        })
      : new SetupError(text, { cause: error })
  }
}

/** Limits before what a person must mend, that before what passes. */
function waitOf(error: SourceError | SetupError): number {
  if (error instanceof SetupError || error.kind === 'denied') return 1
  return error.kind === 'limited' ? 2 + (error.afterMs ?? 0) : 0
}
