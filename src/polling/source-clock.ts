// What time a source has, by the Date headers of its answers: windows end by that clock, not by ours, so that neither a relay that is
// ahead nor one whose clock steps ever passes over events.
import type { SourceNotice } from '../sources/source.ts'
import type { Clock } from '../runtime/clock.ts'
import { dateMs } from '../runtime/retry-after.ts'
import { durationText } from '../telemetry/units.ts'

/** A larger difference is told, and the earlier of the two clocks counts. */
const disagreementMs = 600_000

/** One for each source, shared by its lanes. Until an answer came with a `Date` the local clock counts. */
export class SourceClock {
  readonly #clock: Clock
  readonly #notice: (notice: SourceNotice) => void
  /** What is to be added to the monotonic clock; undefined until an answer said so. */
  #offset: number | undefined
  #told = false

  constructor(clock: Clock, notice: (notice: SourceNotice) => void) {
    this.#clock = clock
    this.#notice = notice
  }

  /** Whether an answer has told the source's time. */
  get known(): boolean {
    return this.#offset !== undefined
  }

  /** What its own clock shows, as well as it is known; null until an answer said so. */
  get told(): number | null {
    return this.#offset === undefined ? null : this.#clock.monotonic() + this.#offset
  }

  /** The source's time, ms since the epoch; rather too early than too late. */
  now(): number {
    const local = this.#clock.now()
    if (this.#offset === undefined) return local
    const source = this.#clock.monotonic() + this.#offset
    this.#compare(source - local)
    return Math.abs(source - local) > disagreementMs ? Math.min(source, local) : source
  }

  /**
   * An answer of the source has just arrived. Its `Date` is a whole second, cut off, and the answer was on its way since: it is at
   * least that late at the source. What a cache kept (`Age`) is that much older.
   */
  observe(headers: Readonly<Record<string, string>>): void {
    const date = dateMs(headers['date']?.trim() ?? '')
    if (Number.isNaN(date)) return
    this.#offset = date + ageMs(headers['age']) - this.#clock.monotonic()
    this.now()
  }

  /** Somebody else listens now. */
  tellAnew(): void {
    this.#told = false
  }

  /** Each time the clocks are looked at: ours may be set between two answers. */
  #compare(off: number): void {
    const differs = Math.abs(off) > disagreementMs
    if (differs === this.#told) return
    this.#told = differs
    this.#notice(differs ? disagreement(off) : agreement)
  }
}

function ageMs(text: string | undefined): number {
  return text !== undefined && /^[0-9]{1,9}$/.test(text.trim()) ? Number(text) * 1000 : 0
}

const agreement: SourceNotice = {
  level: 'info',
  code: 'clock_disagrees',
  subject: '',
  text: "the source's clock and this machine's agree again",
}

function disagreement(off: number): SourceNotice {
  const minutes = Math.round(Math.abs(off) / 60_000)
  const text =
    `the source's clock is ${durationText(minutes * 60_000)} ${off > 0 ? 'ahead of' : 'behind'} this machine's; the earlier of the two is used` +
    ', and events may arrive late by that (set the clock of this machine, or tell whoever runs the source)'
  return { level: 'warning', code: 'clock_disagrees', subject: '', text }
}
