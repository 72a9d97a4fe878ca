// What a ZITADEL instance holds and how it finds it: the table of events, its order, its filters, and when an event is seen.
export interface StoredEvent {
  readonly aggregateType: string
  readonly aggregateId: string
  readonly sequence: bigint
  readonly type: string
  readonly resourceOwner: string
  readonly editor: string
  /** Microseconds since the epoch. */
  readonly createdAt: number
  /** By what the instance sorts, microseconds: stamped later than `createdAt`, and never shown. */
  readonly position: number
  readonly inTxOrder: number
  /** When its transaction was committed, microseconds: it is seen from then on. */
  readonly committedAt: number
  /** JSON. */
  readonly payload: string | undefined
}

export interface Query {
  readonly asc: boolean
  readonly limit: number
  readonly since: number
  readonly until: number
  readonly eventTypes: readonly string[]
  readonly aggregateTypes: readonly string[]
  readonly aggregateId: string
  readonly resourceOwner: string
  readonly editor: string
}

export class EventTable {
  readonly all: StoredEvent[] = []
  readonly #keys = new Set<string>()
  readonly #sequences = new Map<string, bigint>()

  /** Appends one; its sequence is the next of its aggregate unless given. */
  add(event: Partial<StoredEvent> & { readonly createdAt: number }): StoredEvent {
    const { aggregateType = 'user', aggregateId = '200000000000000001' } = event
    const aggregate = `${aggregateType}\0${aggregateId}`
    const sequence = event.sequence ?? (this.#sequences.get(aggregate) ?? 0n) + 1n
    this.#sequences.set(aggregate, sequence)
    const key = `${aggregate}\0${sequence}`
    if (this.#keys.has(key)) throw new Error(`duplicate key ${key}`)
    this.#keys.add(key)
    const stored: StoredEvent = {
      type: 'user.human.signed.out',
      resourceOwner: '100000000000000001',
      editor: '300000000000000001',
      position: event.createdAt,
      inTxOrder: 1,
      committedAt: event.createdAt,
      payload: undefined,
      ...event,
      aggregateType,
      aggregateId,
      sequence,
    }
    this.all.push(stored)
    return stored
  }

  /** Both bounds are left out. */
  find(query: Query, now: number): StoredEvent[] {
    const wanted = this.all.filter((event) => event.committedAt <= now && passes(event, query))
    wanted.sort(inOrder)
    if (!query.asc) wanted.reverse()
    return wanted.slice(0, query.limit)
  }
}

function passes(event: StoredEvent, query: Query): boolean {
  const { eventTypes, aggregateTypes, aggregateId, resourceOwner, editor } = query
  return (
    event.createdAt > query.since &&
    event.createdAt < query.until &&
    (eventTypes.length === 0 || eventTypes.includes(event.type)) &&
    (aggregateTypes.length === 0 || aggregateTypes.includes(event.aggregateType)) &&
    (aggregateId === '' || aggregateId === event.aggregateId) &&
    (resourceOwner === '' || resourceOwner === event.resourceOwner) &&
    (editor === '' || editor === event.editor)
  )
}

/** zitadel/zitadel#10710: what is equal in position and place of its transaction is told apart by the rest of the key. */
function inOrder(one: StoredEvent, other: StoredEvent): number {
  const byKey = (event: StoredEvent): string =>
    `${event.aggregateType}\0${event.aggregateId}\0${String(event.sequence).padStart(20, '0')}`
  return (
    one.position - other.position ||
    one.inTxOrder - other.inTxOrder ||
    (byKey(one) < byKey(other) ? -1 : byKey(one) > byKey(other) ? 1 : 0)
  )
}
