// The canonical audit event: its field names, its closed words, and the marks that an event can carry. Bytes, not objects,
// travel through the relay; this file only names what lies in them.

/** The top-level fields of a canonical event, in the order in which a mapped event is written. */
export const CANONICAL_FIELDS = [
  'event_id',
  'event_type',
  'occurred_at',
  'tenant',
  'actor',
  'target',
  'outcome',
  'data',
  'context',
] as const

/** The fields whose value is an object; absent, they read as empty in a filter. */
export const OBJECT_FIELDS = ['tenant', 'actor', 'target', 'data', 'context', 'source'] as const
export type ObjectField = (typeof OBJECT_FIELDS)[number]

export const OUTCOMES = ['unknown', 'success', 'failure'] as const
export type Outcome = (typeof OUTCOMES)[number]

/**
 * Marks of an event on which a filter cannot be trusted. Such an event is routed past the filters and delivered with
 * `stream.tags`, because a filter may narrow a feed but must never hide an attack.
 */
export const Tag = {
  /** An object in the event holds the same key twice, so two readers may see two different events. */
  duplicateKeys: 1,
  /** A canonical field has a value of another form than promised (an outcome of its own, an actor that is text). */
  nonstandard: 2,
  /** The filter's engine failed or ran out of time on this event. */
  filterFailed: 4,
} as const

const TAG_NAMES: ReadonlyMap<number, string> = new Map([
  [Tag.duplicateKeys, 'duplicate_keys'],
  [Tag.nonstandard, 'nonstandard'],
  [Tag.filterFailed, 'filter_failed'],
])

/** The names of the tags set in `bits`, as they appear in `stream.tags`. */
export function tagNames(bits: number): string[] {
  return [...TAG_NAMES].filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name)
}
