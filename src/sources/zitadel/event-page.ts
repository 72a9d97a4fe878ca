// Puts events of ZITADEL on a page, or into its quarantine, where nothing of a payload may be that is not read.
import { hash } from 'node:crypto'
import { Tag } from '../../model/event.ts'
import type { PageDraft, Refusal } from '../page-draft.ts'
import { Without } from '../without.ts'
import { CanonicalWriter, eventIdOf, lackOf } from './canonical.ts'
import type { Found } from './events-answer.ts'
import type { ZitadelOptions } from './options.ts'
import { type PayloadRule, payloadAllowed } from './payload.ts'
import type { RecordReader, ZitadelEvent } from './record.ts'
import { stableBytes } from './stable.ts'

const OPEN_BRACE = 0x7b
const withoutPayload = new Without(['payload'])
const unreadable: Refusal = { reason: 'not_an_object', detail: 'valid JSON, but no event' }

export class EventPage {
  readonly #instance: string
  readonly #rule: PayloadRule
  readonly #reader: RecordReader
  readonly #writer: CanonicalWriter

  constructor({ instance, payload }: Pick<ZitadelOptions, 'instance' | 'payload'>, reader: RecordReader) {
    this.#instance = instance
    this.#rule = payload
    this.#reader = reader
    this.#writer = new CanonicalWriter(instance, payload, reader)
  }

  add(draft: PageDraft, { record, event }: Found): void {
    if (event) return this.#event(draft, event, record.bytes, record)
    const { bytes, start, end, refusal } = record
    if (refusal || bytes[start] !== OPEN_BRACE) return this.#setAside(draft, record, refusal ?? unreadable)
    // Nested too deep to be looked into: mostly it is the payload that is so deep, and mostly the payload is not read.
    const bare = withoutPayload.copy(bytes, start, end)
    const seen = this.#reader.read(bare, 0, bare.length)
    const deep: Refusal = { reason: 'too_deep', detail: 'nested too deep' }
    if (!seen || payloadAllowed(this.#rule, seen.type)) return this.#setAside(draft, record, deep, seen)
    this.#event(draft, seen, bare, record)
  }

  #event(draft: PageDraft, event: ZitadelEvent, bytes: Uint8Array, record: Found['record']): void {
    const lack = lackOf(event)
    if (lack !== undefined) return this.#setAside(draft, record, { reason: 'unmappable', detail: lack }, event)
    const canonical = this.#writer.write(event, bytes)
    const index = draft.count
    const refusal = draft.add(canonical, 0, canonical.length, stableBytes(event, bytes))
    if (refusal) this.#setAside(draft, record, refusal, event)
    else if (event.duplicateKeys) draft.tag(index, Tag.duplicateKeys)
  }

  #setAside(draft: PageDraft, record: Found['record'], refusal: Refusal, event?: ZitadelEvent): void {
    const { bytes, start, end } = record
    const place = event ? `event ${eventIdOf(this.#instance, event)}` : `record ${record.index + 1} of an answer`
    const isWhole = this.#rule === 'all' || (event !== undefined && payloadAllowed(this.#rule, event.type))
    draft.quarantine(refusal, place, isWhole ? bytes.subarray(start, end) : concealed(bytes, start, end))
  }
}

/** What is no object may be anything, a payload among it: of that only a digest is kept, so that another one stays another one. */
function concealed(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (bytes[start] === OPEN_BRACE) return withoutPayload.copy(bytes, start, end)
  return Buffer.from(`sha256:${hash('sha256', bytes.subarray(start, end), 'hex')}`)
}
