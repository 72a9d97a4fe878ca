// A source over the event API of a ZITADEL instance: reads a window stretch by stretch.
import { SourceError, WindowError } from '../../model/errors.ts'
import { isWide, SlowAnswer } from '../slow-answer.ts'
import type { SourceTools, WindowPage, WindowRequest, WindowSource } from '../source.ts'
import { ZitadelApi } from './api.ts'
import { divided } from './crowd.ts'
import { datesOf, eventsIn, type EventsAnswer } from './events-answer.ts'
import { EventPage } from './event-page.ts'
import { microText } from './micros.ts'
import type { ZitadelOptions } from './options.ts'
import { probe } from './probe.ts'
import { RecordReader } from './record.ts'
import { type EventFilter, searchOf, type Stretch } from './search.ts'
import { Stretches, UNKNOWN_PACE } from './stretches.ts'

const searchPath = '/admin/v1/events/_search'
const progressForm = /^\{"at":([0-9]{1,16})\}$/u

export class Zitadel implements WindowSource {
  readonly #options: ZitadelOptions
  readonly #tools: SourceTools
  readonly #api: ZitadelApi
  readonly #reader = new RecordReader()
  readonly #page: EventPage
  /** Only a guess: whether a stretch was read whole is seen by its answer. */
  #pace = UNKNOWN_PACE

  constructor(options: ZitadelOptions, tools: SourceTools) {
    this.#options = options
    this.#tools = tools
    this.#api = new ZitadelApi(options, tools)
    this.#page = new EventPage(options, this.#reader)
  }

  async probe(signal: AbortSignal): Promise<void> {
    await probe(this.#api, this.#options.filter, signal)
  }

  async *readWindow({ window, progress }: WindowRequest, signal: AbortSignal): AsyncGenerator<WindowPage> {
    const whole = { from: Math.floor(window.from) * 1000, to: Math.ceil(window.to) * 1000 }
    const stretches = new Stretches(whole, this.#options.limit, this.#pace)
    stretches.at = progress === null ? whole.from : placeOf(progress, whole)
    for (let next = stretches.next; next; next = stretches.next) {
      const answer = await this.#asked(stretches, next, signal).catch((error: unknown) => {
        // What was learned here ends with this reader; how wide a window may be is kept.
        if (!(error instanceof SlowAnswer) || !isWide(window)) throw error
        throw new WindowError('too_wide', error.message, { cause: error })
      })
      if (!answer) continue
      const dates = datesOf(answer, next)
      if (answer.isFull && stretches.overfull(dates)) continue
      if (answer.isFull) yield* this.#crowd(next, answer, signal)
      stretches.finished(answer.found.length)
      this.#pace = stretches.pace
      yield {
        draft: this.#filled(answer.isFull ? [] : [answer]),
        progress: JSON.stringify({ at: stretches.at }),
        last: stretches.next === undefined,
      }
    }
  }

  async close(): Promise<void> {
    await this.#api.close()
  }

  /** Undefined: the next stretch has become narrower. */
  async #asked(stretches: Stretches, stretch: Stretch, signal: AbortSignal): Promise<EventsAnswer | undefined> {
    try {
      const answer = await this.#search(this.#options.filter, stretch, signal)
      if (answer || stretches.tooLarge()) return answer
    } catch (error) {
      if (error instanceof SlowAnswer) {
        stretches.tooSlow()
        this.#pace = stretches.pace
      }
      throw error
    }
    throw new SourceError(
      'denied',
      `the events at ${microText(stretch.from)} are larger than an answer may be: lower limit, or read fewer with aggregate_types`,
    )
  }

  /** Undefined: the answer was more than is kept of one. */
  async #search(filter: EventFilter, stretch: Stretch, signal: AbortSignal): Promise<EventsAnswer | undefined> {
    const { limit } = this.#options
    const reply = await this.#api.search(searchPath, searchOf(filter, stretch, limit), signal)
    return reply.truncated ? undefined : eventsIn(reply, limit, this.#reader)
  }

  /** One page for each answer, with the progress of the beginning: only all of them together are the whole microsecond. */
  async *#crowd(stretch: Stretch, full: EventsAnswer, signal: AbortSignal): AsyncGenerator<WindowPage> {
    const at = microText(stretch.from)
    const ask = async (filter: EventFilter): Promise<EventsAnswer> => {
      const answer = await this.#search(filter, stretch, signal)
      if (!answer) throw new SourceError('denied', `the events at ${at} are larger than an answer may be: lower limit`)
      return answer
    }
    const names = (list: 'aggregateTypes' | 'eventTypes'): Promise<readonly string[]> => this.#api.names(list, signal)
    const progress = JSON.stringify({ at: stretch.from })
    for await (const answer of divided({ ask, names, at }, this.#options.filter, full)) {
      if (answer.found.length > 0) yield { draft: this.#filled([answer]), progress }
    }
  }

  #filled(answers: readonly EventsAnswer[]): WindowPage['draft'] {
    const draft = this.#tools.newPage()
    for (const { found } of answers) for (const one of found) this.#page.add(draft, one)
    return draft
  }
}

function placeOf(progress: string, { from, to }: Stretch): number {
  const at = Number(progressForm.exec(progress)?.[1] ?? NaN)
  if (at >= from && at <= to) return at
  throw new WindowError('expired', 'the progress of the window is of another window or version')
}
