// Says once for each part that it is earlier, by the clocks, than what was read already, and once that it is no longer. Which of the
// clocks is wrong nobody can tell from here.
import type { SourceNotice } from '../sources/source.ts'

/** What time it is, ms. `source`: null until the source has told it. */
export interface Clocks {
  readonly local: number
  readonly source: number | null
}

export class ClockBehind {
  readonly #notice: (notice: SourceNotice) => void
  readonly #told = new Set<string>()

  constructor(notice: (notice: SourceNotice) => void) {
    this.#notice = notice
  }

  /** `readTo`: what was read to, ms, where that is still to come; else null. */
  tell(part: string, readTo: number | null, clocks: Clocks): void {
    if ((readTo !== null) === this.#told.has(part)) return
    const place = { code: 'clock_behind', subject: part }
    if (readTo === null) {
      this.#told.delete(part)
      const text = 'the clock has come to where the source was read to; it is read on'
      return this.#notice({ ...place, level: 'info', text })
    }
    this.#told.add(part)
    this.#notice({ ...place, level: 'error', text: behindText(readTo, clocks) })
  }
}

function behindText(readTo: number, { local, source }: Clocks): string {
  const ours = `what was read ends at ${timeText(readTo)}, but it is ${timeText(local)} by this machine's clock`
  return source === null
    ? `${ours}: nothing newer is read until it comes there; set the clock if it is wrong`
    : `${ours} and ${timeText(source)} by the source's: nothing newer is read until the earlier of the two comes there; set the one that is wrong`
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
