// Collects every fault of one file and gives each its line, column and frame.
import type { ConfigFault } from '../model/errors.ts'
import type { ConfigDocument, Path } from './document.ts'
import type { Range } from './yaml-faults.ts'
import { Frames } from './frames.ts'

export interface FaultText {
  readonly message: string
  readonly hint?: string | undefined
  readonly severity?: 'error' | 'warning'
}

interface Position {
  readonly line: number
  readonly col: number
}

/** Nobody mends more at a time, and a file that is something else altogether has a fault on every line. */
const mostFaults = 200

export class Faults {
  readonly #file: string
  readonly #document: ConfigDocument
  readonly #frames: Frames
  readonly #found: ConfigFault[] = []

  constructor(file: string, document: ConfigDocument) {
    this.#file = file
    this.#document = document
    this.#frames = new Frames(document.text)
    for (const { message, hint, ...range } of document.faults) this.addAt(range, { message, hint })
  }

  /** A fault of the value at `path`, or of its key. What is not in the file is told at the nearest thing that is. */
  add(path: Path, text: FaultText, of: 'key' | 'value' = 'value'): void {
    if (this.#full(text.severity)) return
    let range = this.#document.place(path, of)
    for (let length = path.length - 1; !range && length >= 0; length--)
      range = this.#document.place(path.slice(0, length), 'key')
    this.addAt(range ?? { start: 0, end: 1 }, text)
  }

  /** A fault of a stretch of the text. Of several on one spot the first says enough. */
  addAt(range: Range, { message, hint, severity = 'error' }: FaultText): void {
    if (this.#full(severity)) return
    const start = this.#document.lines.linePos(Math.min(range.start, Math.max(0, this.#document.text.length - 1)))
    const line = Math.max(1, start.line)
    const column = Math.max(1, start.col)
    if (this.#found.some((fault) => fault.line === line && fault.column === column && fault.severity === severity))
      return
    const place = { line, column, length: Math.max(1, range.end - range.start) }
    const frame = this.#frames.at(line)
    this.#found.push({ file: this.#file, ...place, severity, message, ...(hint !== undefined && { hint }), frame })
  }

  #full(severity: ConfigFault['severity'] = 'error'): boolean {
    return (
      this.#found.length >= mostFaults &&
      this.#found.filter((fault) => fault.severity === severity).length >= mostFaults
    )
  }

  /** Whether a fault stands inside the value at `path`. */
  within(path: Path): boolean {
    const range = this.#document.place(path, 'value')
    if (!range) return false
    const [first, last] = [range.start, range.end].map((offset) => this.#document.lines.linePos(offset)) as [
      Position,
      Position,
    ]
    const after = (fault: ConfigFault): boolean =>
      (fault.line ?? 0) > first.line || (fault.line === first.line && (fault.column ?? 0) >= first.col)
    const before = (fault: ConfigFault): boolean =>
      (fault.line ?? 0) < last.line || (fault.line === last.line && (fault.column ?? 0) < last.col)
    return this.errors.some((fault) => after(fault) && before(fault))
  }

  get document(): ConfigDocument {
    return this.#document
  }

  get errors(): readonly ConfigFault[] {
    return this.#found.filter((fault) => fault.severity === 'error')
  }

  get warnings(): readonly ConfigFault[] {
    return this.#found.filter((fault) => fault.severity === 'warning')
  }

  get all(): readonly ConfigFault[] {
    return this.#found
  }
}
