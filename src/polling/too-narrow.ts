// A window that cannot be narrower, and still holds too much: which one it is, and the ways past it.
import { messageOf, SourceError, type WindowError } from '../model/errors.ts'
import { LIVE } from './lanes.ts'

/** Where reading cannot go on; times are RFC 3339. */
export interface NarrowPlace {
  readonly source: string
  readonly lane: string
  readonly part: string
  readonly from: string
  readonly to: string
}

/** Only live reading can be set past a time; a sweep or a backfill looks at what was read before. */
export function tooNarrow({ source, lane, part, from, to }: NarrowPlace, error: WindowError): SourceError {
  const where = part === '' ? `${from} to ${to}` : `${from} to ${to}, part ${part}`
  const advice = 'narrow what is read, with filters or several sources'
  const only = part === '' ? '' : ` --part ${part}`
  const past = `; or pass over it, which is audited as a gap, with "audit-relay sources reset ${source}${only} --to ${to}"`
  return new SourceError(
    'denied',
    `a window of one second (${where}) still holds too much: ${advice}${lane === LIVE ? past : ''} (${messageOf(error)})`,
  )
}
