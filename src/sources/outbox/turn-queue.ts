// Whose turn it is: files that have something to read, one after the other, and which of them a read has promised to reach.
import type { OutboxFile } from './outbox-file.ts'

/** The array is cut when this many of its first places are used up. */
const cutAfter = 1024

export class TurnQueue {
  #files: OutboxFile[] = []
  #first = 0
  /** How far a read must come in each file before it may end. */
  readonly #owed = new Map<OutboxFile, number>()

  get length(): number {
    return this.#files.length - this.#first
  }

  get isOwed(): boolean {
    return this.#owed.size > 0 && this.length > 0
  }

  /** Puts a file at the end, once. */
  add(file: OutboxFile): void {
    if (file.queued) return
    file.queued = true
    this.#files.push(file)
  }

  next(): OutboxFile | undefined {
    const file = this.#files[this.#first]
    if (!file) return undefined
    this.#first++
    if (this.#first >= cutAfter) {
      this.#files = this.#files.slice(this.#first)
      this.#first = 0
    }
    file.queued = false
    return file
  }

  /** What waits now is what the present read must come through. */
  owe(): void {
    this.#owed.clear()
    for (let at = this.#first; at < this.#files.length; at++) {
      const file = this.#files[at] as OutboxFile
      this.#owed.set(file, file.size)
    }
  }

  /** The file has more. */
  again(file: OutboxFile): void {
    if (file.offset >= (this.#owed.get(file) ?? Infinity)) this.#owed.delete(file)
    this.add(file)
  }

  /** The file has nothing more now, or cannot be read now. */
  settle(file: OutboxFile): void {
    this.#owed.delete(file)
  }

  /** After a failure: the file was set back to how it was. */
  restore(file: OutboxFile): void {
    file.queued = false
    const waits = this.#files.includes(file, this.#first)
    if (waits) file.queued = true
    else this.add(file)
  }
}
