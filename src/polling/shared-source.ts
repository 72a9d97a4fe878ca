// What all openings of one source share, so that it outlives each of them: its time, its pace, and its token.
import type { Clock } from '../runtime/clock.ts'
import { SharedTokens } from '../sources/auth-shared.ts'
import type { SourceNotice } from '../sources/source.ts'
import { SourceClock } from './source-clock.ts'
import { SourceHttp } from './source-http.ts'

export class SharedSource {
  readonly clock: SourceClock
  readonly http: SourceHttp
  readonly tokens: SharedTokens
  #heard: (notice: SourceNotice) => void = () => {}

  constructor(clock: Clock) {
    this.clock = new SourceClock(clock, (notice) => this.#heard(notice))
    this.http = new SourceHttp({ clock, sourceClock: this.clock })
    this.tokens = new SharedTokens(clock)
  }

  /** What is to be said of its clock is said to whoever opened it last, and once more to each. */
  hear(heard: (notice: SourceNotice) => void): void {
    this.#heard = heard
    this.clock.tellAnew()
  }
}
