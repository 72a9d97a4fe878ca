// Reads one microsecond that holds more events than an answer can. Events of one transaction may all have the time of its beginning,
// so that an import makes such a crowd. Time cannot be cut any further; kinds of things can, and kinds of events.
import { SourceError } from '../../model/errors.ts'
import type { EventsAnswer } from './events-answer.ts'
import type { EventFilter } from './search.ts'

export interface Crowd {
  /** Asks for the events of the microsecond that pass a filter. */
  ask(filter: EventFilter): Promise<EventsAnswer>
  /** All names that ZITADEL knows. */
  names(list: 'aggregateTypes' | 'eventTypes'): Promise<readonly string[]>
  /** For messages: the microsecond. */
  readonly at: string
}

type Division = 'aggregateTypes' | 'eventTypes'

/** Answers that are not full, which together hold all that passes the filter. `full`: what was answered without a division. */
export async function* divided(crowd: Crowd, filter: EventFilter, full: EventsAnswer): AsyncGenerator<EventsAnswer> {
  yield* byNames(crowd, filter, 'aggregateTypes', await namesFor(crowd, filter, 'aggregateTypes', full))
}

async function* byNames(
  crowd: Crowd,
  filter: EventFilter,
  by: Division,
  names: readonly string[],
): AsyncGenerator<EventsAnswer> {
  const narrowed = { ...filter, [by]: names }
  const answer = await crowd.ask(narrowed)
  if (!answer.isFull) return yield answer
  if (names.length > 1) {
    const middle = names.length >> 1
    yield* byNames(crowd, filter, by, names.slice(0, middle))
    yield* byNames(crowd, filter, by, names.slice(middle))
  } else if (by === 'aggregateTypes')
    yield* byNames(crowd, narrowed, 'eventTypes', await namesFor(crowd, filter, 'eventTypes', answer))
  else throw tooMany(crowd, answer, narrowed)
}

/** What the operator wants; otherwise what ZITADEL lists, and what it has just shown without listing it. */
async function namesFor(
  crowd: Crowd,
  filter: EventFilter,
  by: Division,
  full: EventsAnswer,
): Promise<readonly string[]> {
  if (filter[by].length > 0) return filter[by]
  const shown = full.found.map(({ event }) => (by === 'eventTypes' ? event?.type : event?.aggregateType) ?? '')
  return [...new Set([...(await crowd.names(by)), ...shown.filter((name) => name !== '')])]
}

function tooMany(crowd: Crowd, { found }: EventsAnswer, { eventTypes, aggregateTypes }: EventFilter): SourceError {
  const what = `${found.length} or more events ${eventTypes[0] ?? ''} of the kind ${aggregateTypes[0] ?? ''}`
  const advice =
    'read the organisations one by one, each with a source of its own and resource_owner, or raise limit to 1000 if it is lower'
  return new SourceError(
    'denied',
    `ZITADEL has ${what} at ${crowd.at}, more than it gives in one answer, and nothing that tells them apart (${advice})`,
  )
}
