// What the pages of a try held, as they are read: counts, what does not fit, and the first events whole.
import { OBJECT_FIELDS, type Outcome } from '../../model/event.ts'
import type { Quarantined } from '../../model/page.ts'
import type { PageDraft } from '../../sources/page-draft.ts'
import type { Window } from '../../sources/source.ts'
import { pathsIn } from './record-paths.ts'

/** Records that became no event for one and the same reason. */
export interface QuarantineGroup {
  readonly reason: Quarantined['reason']
  readonly detail: string
  count: number
  /** Where the first of them stood. */
  readonly place: string
  /** What the first of them holds: the paths of its values. */
  readonly paths: readonly string[]
}

/** An event whose time is none of the window's, or of no audit log's. */
export interface Outside {
  count: number
  /** The `occurred_at` of the first, ms. */
  readonly firstMs: number
}

export interface Sighting {
  /** Events, and records that became none. */
  readonly records: number
  readonly events: number
  readonly quarantined: readonly QuarantineGroup[]
  /** Events with an id that an earlier one had: the same once more, or another. */
  readonly repeated: number
  readonly conflicting: { readonly count: number; readonly firstId: string }
  readonly outside: Outside | null
  /** By `event_type`, the most frequent first. */
  readonly types: readonly (readonly [type: string, count: number])[]
  readonly outcomes: Readonly<Record<Outcome, number>>
  /** How many events have each of the fields that hold an object. */
  readonly fields: readonly (readonly [field: string, count: number])[]
  readonly firstMs: number | null
  readonly lastMs: number | null
  /** The first events, JSON text as they would be delivered. */
  readonly shown: readonly string[]
}

const shownFields = OBJECT_FIELDS.filter((field) => field !== 'source' && field !== 'data')

/** Takes the pages of one try in. */
export class Sightings {
  readonly #window: Window | null
  readonly #mostShown: number
  #events = 0
  readonly #quarantined = new Map<string, QuarantineGroup>()
  readonly #known = new Map<string, string>()
  #repeated = 0
  readonly #conflicting = { count: 0, firstId: '' }
  #outside: Outside | null = null
  readonly #types = new Map<string, number>()
  readonly #outcomes: Record<Outcome, number> = { success: 0, failure: 0, unknown: 0 }
  readonly #fields = new Map<string, number>(shownFields.map((field) => [field, 0]))
  #firstMs = Infinity
  #lastMs = -Infinity
  readonly #shown: string[] = []

  /** `window`: where events ought to lie; null where nobody says. */
  constructor(window: Window | null, mostShown: number) {
    this.#window = window
    this.#mostShown = mostShown
  }

  add(draft: PageDraft): void {
    for (const record of draft.quarantined) this.#addRefused(record)
    const { keys, fingerprints } = draft.page()
    for (let index = 0; index < draft.count; index++) {
      const key = Buffer.from(keys.buffer, keys.byteOffset + index * 16, 16).toString('latin1')
      const content = Buffer.from(fingerprints.buffer, fingerprints.byteOffset + index * 8, 8).toString('latin1')
      this.#compare(draft, index, { key, content })
      this.#count(draft, index)
      if (this.#shown.length < this.#mostShown) this.#shown.push(draft.json(index))
    }
    this.#events += draft.count
  }

  seen(): Sighting {
    const quarantined = [...this.#quarantined.values()].toSorted((a, b) => b.count - a.count)
    return {
      records: this.#events + quarantined.reduce((sum, { count }) => sum + count, 0),
      events: this.#events,
      quarantined,
      repeated: this.#repeated,
      conflicting: this.#conflicting,
      outside: this.#outside,
      types: [...this.#types].toSorted(([, a], [, b]) => b - a),
      outcomes: this.#outcomes,
      fields: [...this.#fields],
      firstMs: this.#events === 0 ? null : this.#firstMs,
      lastMs: this.#events === 0 ? null : this.#lastMs,
      shown: this.#shown,
    }
  }

  #addRefused({ reason, detail, place, bytes }: Quarantined): void {
    const key = `${reason} ${detail}`
    const group = this.#quarantined.get(key)
    if (group) group.count++
    else this.#quarantined.set(key, { reason, detail, count: 1, place, paths: pathsIn(bytes) })
  }

  #compare(
    draft: PageDraft,
    index: number,
    { key, content }: { readonly key: string; readonly content: string },
  ): void {
    const known = this.#known.get(key)
    if (known === undefined) this.#known.set(key, content)
    else if (known === content) this.#repeated++
    else if (this.#conflicting.count++ === 0) this.#conflicting.firstId = idOf(draft.json(index))
  }

  #count(draft: PageDraft, index: number): void {
    const type = draft.types[index] as string
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1)
    this.#outcomes[draft.outcome(index)]++
    for (const field of shownFields)
      if (draft.field(index, field) !== undefined) this.#fields.set(field, (this.#fields.get(field) ?? 0) + 1)
    const at = draft.occurredAtMs(index)
    this.#firstMs = Math.min(this.#firstMs, at)
    this.#lastMs = Math.max(this.#lastMs, at)
    if (!this.#window || (at >= this.#window.from && at < this.#window.to)) return
    if (this.#outside) this.#outside.count++
    else this.#outside = { count: 1, firstMs: at }
  }
}

function idOf(json: string): string {
  return (JSON.parse(json) as { event_id: string }).event_id
}
