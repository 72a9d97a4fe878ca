// Makes events of records: mapped and added to a page, or set aside in its quarantine with the place where they were found.
import { z } from 'zod'
import { Tag } from '../model/event.ts'
import type { Fields } from './fields.ts'
import { Mapper } from './mapper.ts'
import type { Ordinals } from './ordinals.ts'
import type { PageDraft, Refusal } from './page-draft.ts'
import { PathText } from './path.ts'
import type { FoundRecord } from './records.ts'
import { StableForm } from './stable-form.ts'

const mostBytes = 1024 * 1024

/** The `stable:` block: in what two versions of one record may differ without being two events. */
export const StableSchema = z.strictObject({
  without: z.array(PathText).min(1).describe('Paths in a record; * stands for every item of a list'),
})

export interface MakerOptions {
  /** Checked by FieldsSchema. Without `event_id`, or with `{ derived: true }`, ids come from `Ordinals`. */
  readonly fields: Fields
  /** What is left out of what tells two versions of a record apart, and of what a derived id is made of. */
  readonly stable?: z.output<typeof StableSchema> | undefined
  /** A longer record is quarantined, whole; 1 MiB. */
  readonly maxRecordBytes?: number | undefined
  /** What the quarantine keeps of a record's bytes; all of them. It is given any bytes, also such that are no JSON. */
  readonly conceal?: ((record: Uint8Array) => Uint8Array) | undefined
}

export class EventMaker {
  readonly #mapper: Mapper
  readonly #stable: StableForm
  readonly #maxBytes: number
  readonly #conceal: (record: Uint8Array) => Uint8Array

  constructor(options: MakerOptions) {
    this.#mapper = new Mapper(options.fields)
    this.#stable = new StableForm(options.stable?.without)
    this.#maxBytes = options.maxRecordBytes ?? mostBytes
    this.#conceal = options.conceal ?? ((record) => record)
  }

  /**
   * Adds one record to the page as an event, or to its quarantine; then it says why. `place` says where the answer came from; the
   * number of the record is added to it. `ordinals` belongs to this reading of this part's window.
   */
  add(draft: PageDraft, record: FoundRecord, place: string, ordinals: Ordinals): Refusal | undefined {
    const refusal = record.refusal ?? this.#tooLarge(record) ?? this.#mapped(draft, record, ordinals)
    if (!refusal) return undefined
    const item = record.item === undefined ? '' : `, item ${record.item + 1}`
    const bytes = record.bytes.subarray(record.start, record.end)
    draft.quarantine(refusal, `${place}, record ${record.index + 1}${item}`, this.#conceal(bytes))
    return refusal
  }

  #tooLarge({ start, end }: FoundRecord): Refusal | undefined {
    const size = end - start
    if (size <= this.#maxBytes) return undefined
    return { reason: 'too_large', detail: `the record has ${size} bytes, more than ${this.#maxBytes}` }
  }

  #mapped(draft: PageDraft, record: FoundRecord, ordinals: Ordinals): Refusal | undefined {
    const { bytes, start, end, item } = record
    const mapper = this.#mapper
    const stable = this.#stable.of(record)
    const id = mapper.derivesIds ? ordinals.next(stable) : undefined
    const mapped = mapper.map(bytes, start, end, { id, item })
    // The page finds the fault of what is no object, or nested too deep.
    if (mapped === false) return draft.add(bytes, start, end)
    if (mapped !== true) return mapped
    const index = draft.count
    const refusal = draft.add(mapper.bytes, 0, mapper.length, stable)
    if (!refusal && mapper.duplicateKeys) draft.tag(index, Tag.duplicateKeys)
    return refusal
  }
}
