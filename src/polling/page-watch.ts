// Looks whether the pages of one window lead anywhere: a source that goes round in circles, or never ends, is told so.
import { SourceError } from '../model/errors.ts'
import type { Window, WindowPage } from '../sources/source.ts'

/** No window has more pages; at a thousand events each that would be a hundred million events. */
const mostPages = 100_000

export class PageWatch {
  readonly #window: Window
  #pages = 0
  #last: string | undefined
  /** A progress from before, moved ahead ever more rarely (Brent): one that comes back to it goes round. */
  #mark: string | undefined
  #left = false
  #moveAt = 2

  constructor(window: Window, progress: string | null) {
    this.#window = window
    this.#last = progress ?? undefined
    this.#mark = this.#last
  }

  /** Whether there was a page. */
  get any(): boolean {
    return this.#pages > 0
  }

  /** The window is begun anew: every progress may come again, but not for ever. */
  begunAnew(): void {
    this.#last = undefined
    this.#mark = undefined
    this.#left = false
  }

  /** Throws `SourceError` when reading on would be useless. */
  see({ draft, progress }: WindowPage): void {
    this.#pages++
    if (this.#pages > mostPages) throw this.#stuck(`gave more than ${mostPages} pages`)
    if (progress === undefined) return
    const isEmpty = draft.count === 0 && draft.quarantined.length === 0
    if (progress === this.#last && isEmpty) throw this.#stuck('gave a page without events that leads to itself')
    if (this.#left && progress === this.#mark) throw this.#stuck('gave pages that lead back to where they began')
    this.#left ||= progress !== this.#mark
    this.#last = progress
    if (this.#pages < this.#moveAt) return
    this.#moveAt *= 2
    this.#mark = progress
    this.#left = false
  }

  #stuck(what: string): SourceError {
    const { from, to } = this.#window
    const span = `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`
    return new SourceError('denied', `the source ${what}, for the window ${span}; the window is not taken as read`)
  }
}
