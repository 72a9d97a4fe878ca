// The relay's own events as a page of the built-in source: filtered for each destination like any other, and never routed to a
// destination that they are about.
import type { Filter } from '../filters/filter.ts'
import type { Identity } from '../model/identity.ts'
import { bitSet, eventBytes, type Page, type Routing } from '../model/page.ts'
import { PageDraft } from '../sources/page-draft.ts'
import { RELAY_SOURCE } from '../store/notices.ts'
import { type EncodedPage, encodePage } from './page-encoder.ts'

/** A destination that reads the relay's own events. */
export interface OwnRoute {
  readonly destination: string
  /** The name that it had before, under which events may be about it still. */
  readonly was?: string
  readonly filter: Filter
}

/** `events`: at least one, each a canonical event. */
export function encodeOwnPage(events: readonly object[], routes: readonly OwnRoute[], identity: Identity): EncodedPage {
  const draft = new PageDraft({ name: RELAY_SOURCE, type: RELAY_SOURCE }, identity)
  for (const event of events) {
    const bytes = Buffer.from(JSON.stringify(event))
    const refusal = draft.add(bytes, 0, bytes.length)
    if (refusal) throw new Error(`the relay made an event that is none: ${refusal.detail}`)
  }
  const encoded = encodePage({ draft, cursors: [] }, routes)
  const names = new Map(routes.map(({ destination, was }) => [destination, was]))
  const routing = encoded.routing.map((routed) => ({
    ...routed,
    ...withoutOwn(encoded.page, routed, [routed.destination, names.get(routed.destination)]),
  }))
  return { ...encoded, routing }
}

/** The routing of a page of the relay's own events but for those that are about a destination of one of these names. */
export function withoutOwn(
  page: Page,
  routed: Pick<Routing, 'bitmap' | 'matched'>,
  names: readonly (string | undefined)[],
): Pick<Routing, 'bitmap' | 'matched'> {
  const bitmap = routed.bitmap.slice()
  let { matched } = routed
  for (let index = 0; index < page.count; index++) {
    if (!bitSet(bitmap, index) || !subjectsOf(page, index).some((subject) => names.includes(subject))) continue
    bitmap[index >> 3] = (bitmap[index >> 3] as number) & ~(1 << (index & 7))
    matched--
  }
  return { bitmap, matched }
}

/** The destinations that one of the relay's own events is about. */
function subjectsOf(page: Page, index: number): readonly string[] {
  const event = JSON.parse(Buffer.from(eventBytes(page, index)).toString()) as {
    data: { destinations?: readonly string[] }
  }
  return event.data.destinations ?? []
}
