// What a notice looks like as an event: the relay's own audit record in the canonical form. Pure.
import { ownEventId, eventTypeOf, type Notice, type NoticeValue } from '../store/notices.ts'

/** An audit event of the relay itself. */
export interface OwnEvent {
  readonly event_id: string
  readonly event_type: string
  readonly occurred_at: string
  readonly actor: { readonly kind: 'user' | 'system'; readonly id: string }
  readonly target?: { readonly kind: 'destination' | 'source'; readonly id: string }
  readonly outcome: Notice['outcome']
  readonly data: Readonly<Record<string, NoticeValue>>
}

/** `instance`: of the state, so that the events of two relays never share an id. */
export function ownEvent(notice: Notice, instance: string): OwnEvent {
  const { at, kind, by, outcome, count, data, destinations } = notice
  const target = targetOf(notice)
  return {
    event_id: ownEventId(notice, instance),
    event_type: eventTypeOf(kind),
    occurred_at: new Date(at).toISOString(),
    actor: by === null ? { kind: 'system', id: 'audit-relay' } : { kind: 'user', id: by },
    ...(target && { target }),
    outcome,
    data: { ...data, count, ...(destinations.length > 0 && { destinations }) },
  }
}

/** What it is about, when that is one thing. */
function targetOf({ destinations, source }: Notice): OwnEvent['target'] {
  const [destination] = destinations
  if (destination !== undefined) return destinations.length === 1 ? { kind: 'destination', id: destination } : undefined
  return source === null ? undefined : { kind: 'source', id: source }
}
