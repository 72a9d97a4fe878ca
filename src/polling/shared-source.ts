// What all openings of one source share, so that it outlives each of them: its time, and its pace.
import type { Clock } from '../runtime/clock.ts'
import type { SourceNotice } from '../sources/source.ts'
import { SourceClock } from './source-clock.ts'
import { SourceHttp } from './source-http.ts'

export class SharedSource {
  readonly clock: SourceClock
  readonly http: SourceHttp
  #heard: (notice: SourceNotice) => void = () => {}

  constructor(clock: Clock) {
    this.clock = new SourceClock(clock, (notice) => this.#heard(notice))
    this.http = new SourceHttp({ clock, sourceClock: this.clock })
  }

  /** What is to be said of its clock is said to whoever opened it last, and once more to each. */
  hear(heard: (notice: SourceNotice) => void): void {
    this.#heard = heard
    this.clock.tellAnew()
  }
}
