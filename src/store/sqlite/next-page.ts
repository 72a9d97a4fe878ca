// The pages of a queue, one after the other, as a destination reads them.
import type { Seq } from '../../model/page.ts'
import { type Queue, QUEUES, type RoutedPage } from '../store.ts'
import { bitmapOf, CATCH_UP, REPLAY } from './routing.ts'
import type { Tables } from './tables.ts'

type Given = Pick<Tables, 'state' | 'sources' | 'destinations' | 'pages' | 'routing'>

/** The next page with an event for the destination at or after `from`; or where to look next time. */
export function nextPage(
  { state, sources, destinations, pages, routing }: Given,
  name: string,
  queue: Queue,
  from: Seq,
): RoutedPage | { readonly end: Seq } {
  const id = { destination: destinations.idOf(name), queue: QUEUES.indexOf(queue) }
  const row = routing.next(id, from)
  if (row) {
    const page = pages.load(row.page)
    return { source: sources.nameOf(row.source), firstSeq: row.page, page, bitmap: bitmapOf(row) }
  }
  // Where a replay goes on, or the next one begins, nobody knows yet.
  if (id.queue === REPLAY) return { end: from }
  // What is not routed yet comes first: a reader must not pass it by.
  const lateFrom = id.queue === CATCH_UP ? destinations.lateFrom(id.destination) : null
  return { end: lateFrom ?? state.nextSeq() }
}
