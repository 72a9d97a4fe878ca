// The answer to a search: its events as slices, and whether it can be all that there is.
import { SourceError } from '../../model/errors.ts'
import type { HttpReply } from '../../runtime/http.ts'
import { JsonBody } from '../json-body.ts'
import { type FoundRecord, RecordFinder } from '../records.ts'
import { microsOf, microText } from './micros.ts'
import type { RecordReader, ZitadelEvent } from './record.ts'
import type { Stretch } from './search.ts'

/** One event of an answer. */
export interface Found {
  readonly record: FoundRecord
  /** Undefined when the record cannot be looked into. */
  readonly event: ZitadelEvent | undefined
}

export interface EventsAnswer {
  readonly found: readonly Found[]
  /** It holds as many as were asked for: there may be more. */
  readonly isFull: boolean
}

const finder = new RecordFinder({ at: 'body.events', missing: 'empty' })

/** Throws a `SourceError` when the answer is not what was asked for. */
export function eventsIn(reply: HttpReply, limit: number, reader: RecordReader): EventsAnswer {
  const body = new JsonBody(reply.body)
  const records = finder.find(body)
  // Proto3 leaves an empty list out, so that "no events" is {} and nothing else.
  if (records.count === 0 && !isEmptyAnswer(body))
    throw new SourceError(
      'transient',
      'expected a list of events, but the answer is JSON of another kind: check the url, and that no proxy answers instead',
    )
  const found = [...records].map((record) => ({
    record,
    event: record.refusal ? undefined : reader.read(record.bytes, record.start, record.end),
  }))
  return { found, isFull: records.count >= limit }
}

function isEmptyAnswer({ bytes, root }: JsonBody): boolean {
  const text = Buffer.from(bytes.subarray(root.start, Math.min(root.end, root.start + 256)))
    .toString()
    .replace(/\s/gu, '')
  return text === '{}' || text === '{"events":[]}'
}

/** The creation dates of an answer, microseconds. Throws when one lies where nothing was asked for. */
export function datesOf({ found }: EventsAnswer, { from, to }: Stretch): number[] {
  const dates = found
    .map(({ event }) => (event ? microsOf(event.creationDate) : NaN))
    .filter((date) => !Number.isNaN(date))
  const stray = dates.find((date) => date < from || date >= to)
  if (stray === undefined) return dates
  // Old versions do not know the range, and pass over it (zitadel/zitadel#6035): every answer would be the same.
  const asked = `events from ${microText(from)} to ${microText(to)}`
  throw new SourceError(
    'denied',
    `asked for ${asked}, ZITADEL answered with one of ${microText(stray)}: it does not know the range of a search (update ZITADEL)`,
  )
}
