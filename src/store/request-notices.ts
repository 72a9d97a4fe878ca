// What the requests of operators have to say for the audit: when one ends, and when a backfill begins. Pure; both stores use it.
import { about, type NewNotice } from './notices.ts'
import type { Asked, Backfilled, StoredRequest } from './requests.ts'

/** What a request that has ended has to say. */
export function noticesOfRequest(
  request: StoredRequest,
  end: { readonly ok: boolean; readonly text: string },
): readonly NewNotice[] {
  const { id, by, asked } = request
  const told = toldOf(request)
  // That a backfill was ended is said by the backfill.
  if (!told) return []
  const { destinations, source, count, kind, data } = told
  const outcome = end.ok ? 'success' : 'failure'
  const all = { request: id, text: end.text, ...data, ...(isByCommand(asked.kind) && { change: 'command' }) }
  const concerned = { destinations: destinations ?? [], source: source ?? null }
  return [about(kind, { by, outcome, ...concerned, count: count ?? 1, data: all })]
}

function isByCommand(kind: StoredRequest['asked']['kind']): boolean {
  return kind === 'disable_destination' || kind === 'enable_destination' || kind === 'remove_destination'
}

/** What is particular to each kind of request. */
function toldOf({
  asked,
  counts,
  backfilled,
}: StoredRequest): (Pick<NewNotice, 'kind' | 'data'> & Partial<NewNotice>) | null {
  const { taken, delivered, dead, dropped } = counts
  const fates = { taken, delivered, dead, dropped }
  switch (asked.kind) {
    case 'disable_destination':
      return { kind: 'destination_disabled', ...onDestination(asked.destination, { discard: asked.discard }) }
    case 'enable_destination':
      return { kind: 'destination_enabled', ...onDestination(asked.destination) }
    case 'remove_destination':
      return { kind: 'destination_deleted', ...onDestination(asked.destination) }
    case 'backfill':
      return { kind: 'backfill_ended', count: backfilled?.new ?? 0, ...onBackfill(asked, backfilled) }
    case 'cancel_backfill':
      return null
    case 'reset_source': {
      const data = { source: asked.source, part: asked.part, to: timeOf(asked.to) }
      return { kind: 'source_reset', source: asked.source, data }
    }
    case 'disable_source':
      return { kind: 'source_disabled', source: asked.source, data: { source: asked.source } }
    case 'enable_source':
      return { kind: 'source_enabled', source: asked.source, data: { source: asked.source } }
    case 'replay_dead_letters': {
      const from = asked.letters.map(({ destination }) => destination)
      const destinations = asked.to === null ? from : [asked.to]
      return { kind: 'dead_letters_replayed', destinations, count: taken, data: { from, to: asked.to, ...fates } }
    }
    case 'purge_dead_letters': {
      const destinations = asked.letters.map(({ destination }) => destination)
      return { kind: 'dead_letters_purged', destinations, count: dropped, data: { destinations, purged: dropped } }
    }
    case 'replay_events': {
      const span = { from: timeOf(asked.from), to: timeOf(asked.to) }
      return { kind: 'events_replayed', count: taken, ...onDestination(asked.destination, { ...span, ...fates }) }
    }
  }
}

function onDestination(destination: string, data: NewNotice['data'] = {}): Pick<NewNotice, 'destinations' | 'data'> {
  return { destinations: [destination], data: { destination, ...data } }
}

/** What a backfill that begins has to say. */
export function noticeOfBeginning({ id, by, asked }: StoredRequest): NewNotice | null {
  if (asked.kind !== 'backfill') return null
  const { source, data } = onBackfill(asked)
  return about('backfill_started', { by, source, data: { request: id, ...data } })
}

function onBackfill(
  { source, from, to, perSecond, again }: Extract<Asked, { kind: 'backfill' }>,
  far?: Backfilled,
): Pick<NewNotice, 'source' | 'data'> {
  const asked = { source, from: timeOf(from), to: timeOf(to), rate: perSecond, again }
  if (!far) return { source, data: asked }
  const { pages, new: found, known, quarantined } = far
  return { source, data: { ...asked, pages, read: found + known + quarantined, new: found, known, quarantined } }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
