// Fresh and recently read pages in memory, bounded by bytes and shared by all destinations: live delivery never touches the disk.
import type { Page, Seq } from '../../model/page.ts'

export class PageCache {
  readonly #maxBytes: number
  /** Oldest use first. */
  readonly #pages = new Map<Seq, Page>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get(firstSeq: Seq): Page | undefined {
    const page = this.#pages.get(firstSeq)
    if (!page) return undefined
    this.#pages.delete(firstSeq)
    this.#pages.set(firstSeq, page)
    return page
  }

  put(firstSeq: Seq, page: Page): void {
    this.forget(firstSeq)
    const size = sizeOf(page)
    if (size > this.#maxBytes) return
    this.#pages.set(firstSeq, page)
    this.#bytes += size
    for (const oldest of this.#pages.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.forget(oldest)
    }
  }

  forget(firstSeq: Seq): void {
    const page = this.#pages.get(firstSeq)
    if (!page) return
    this.#pages.delete(firstSeq)
    this.#bytes -= sizeOf(page)
  }
}

/** What the page keeps in memory: a view of a large buffer keeps all of it. */
function sizeOf(page: Page): number {
  return page.bytes.buffer.byteLength + page.count * 37
}
