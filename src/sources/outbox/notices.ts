// What an outbox tells its operator, once for each fact: thousands of files must not say the same thing twenty times a second.
import type { SourceNotice } from '../source.ts'
import { shown } from './names.ts'

/** Subjects of one code that are named one by one; the rest is summed up. */
const namedSubjects = 50

export class Notices {
  readonly #tell: (notice: SourceNotice) => void
  readonly #said = new Map<string, Map<string, string>>()

  constructor(tell: (notice: SourceNotice) => void) {
    this.#tell = tell
  }

  say(level: SourceNotice['level'], code: string, path: string, text: string): void {
    const said = this.#said.get(code) ?? new Map<string, string>()
    this.#said.set(code, said)
    const subject = said.has(path) || said.size < namedSubjects ? shown(path) : '*'
    const words = subject === '*' ? `${text} (and more files like it)` : text
    const key = subject === '*' ? '*' : path
    if (said.get(key) === words) return
    said.set(key, words)
    this.#tell({ level, code, subject, text: words })
  }

  /** The fact no longer holds: said as information under the same code and subject, if it was ever said. */
  clear(code: string, path: string, text: string): void {
    if (!this.#said.get(code)?.delete(path)) return
    this.#tell({ level: 'info', code, subject: shown(path), text })
  }

  /** A thing that happened, not a state: said each time. */
  tell(level: SourceNotice['level'], code: string, path: string, text: string): void {
    this.#tell({ level, code, subject: shown(path), text })
  }
}
