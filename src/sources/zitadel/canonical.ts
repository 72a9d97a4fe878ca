// The rules by which an event of ZITADEL becomes a canonical event. The page of the documentation says the same in a table.
import type { Outcome } from '../../model/event.ts'
import { type PayloadRule, payloadAllowed } from './payload.ts'
import type { Span } from '../json-walk.ts'
import { namesOf, type RecordReader, type ZitadelEvent } from './record.ts'

/** Types end in what became of the thing: `user.human.password.check.failed`, `device.authorization.denied`. */
const FAILED = /\.(failed|denied)$/u
/** What acts for ZITADEL itself has a word for its id, such as `NOTIFICATION` (internal/notification/handlers/ctx.go); people and machines have numbers, or what their administrators chose. */
const SYSTEM = /^[A-Z][A-Z_-]+$/u

/** Where payloads hold an address and a browser: events of the first login (internal/repository/user/auth_request_info.go), of sessions (internal/domain/user_agent.go), of OIDC sessions. */
const ADDRESSES = [namesOf('remoteIP'), namesOf('user_agent', 'ip'), namesOf('userAgent', 'ip')]
const BROWSERS = [namesOf('userAgent'), namesOf('user_agent', 'description'), namesOf('userAgent', 'description')]

/**
 * What no two events share: the primary key of ZITADEL's table of events (`eventstore.events2`). ZITADEL shows no id of its own.
 * The separator is written as %7C where it is part of a name, so that no two keys look the same.
 */
export function eventIdOf(instance: string, { aggregateType, aggregateId, sequence }: ZitadelEvent): string {
  return [instance, aggregateType, aggregateId, sequence].map(escaped).join('|')
}

function escaped(text: string): string {
  return /[%|]/u.test(text) ? text.replaceAll('%', '%25').replaceAll('|', '%7C') : text
}

export function outcomeOf(eventType: string): Outcome {
  return FAILED.test(eventType) ? 'failure' : 'success'
}

/** What the event lacks to be one; undefined when nothing. */
export function lackOf({ type, aggregateType, aggregateId, sequence, creationDate }: ZitadelEvent): string | undefined {
  const lacking = Object.entries({ type, 'aggregate.type': aggregateType, 'aggregate.id': aggregateId, creationDate })
  const name = lacking.find(([, text]) => text === '')?.[0]
  if (name !== undefined) return `the event has no ${name}`
  return /^[0-9]{1,20}$/u.test(sequence) ? undefined : 'the sequence of the event is no number'
}

/** Writes canonical events. What `write` gives is good until the next call. */
export class CanonicalWriter {
  readonly #instance: string
  readonly #rule: PayloadRule
  readonly #reader: RecordReader
  #bytes: Buffer = Buffer.allocUnsafe(16 * 1024)

  constructor(instance: string, rule: PayloadRule, reader: RecordReader) {
    this.#instance = instance
    this.#rule = rule
    this.#reader = reader
  }

  write(event: ZitadelEvent, bytes: Uint8Array): Buffer {
    const { type, aggregateType, aggregateId, resourceOwner, sequence, creationDate, editorId, editorName } = event
    const payload = payloadAllowed(this.#rule, type) ? event.payload : undefined
    const before = {
      event_id: eventIdOf(this.#instance, event),
      event_type: type,
      occurred_at: creationDate,
      ...(resourceOwner !== '' && { tenant: { id: resourceOwner } }),
      ...(editorId !== '' && { actor: actorOf(editorId, editorName) }),
      target: { kind: aggregateType, id: aggregateId },
      outcome: outcomeOf(type),
      ...(payload && this.#context(bytes, payload)),
    }
    const data = JSON.stringify({ instance: this.#instance, sequence }).slice(0, -1)
    const head = `${JSON.stringify(before).slice(0, -1)},"data":${data}`
    return payload
      ? this.#join(`${head},"payload":`, bytes.subarray(payload.start, payload.end))
      : this.#join(`${head}`)
  }

  #context(bytes: Uint8Array, payload: Span): object {
    const found = this.#reader.texts(bytes, payload, [...ADDRESSES, ...BROWSERS])
    const ip = found.slice(0, ADDRESSES.length).find((text) => text !== '')
    const browser = found.slice(ADDRESSES.length).find((text) => text !== '')
    if (ip === undefined && browser === undefined) return {}
    return { context: { ...(ip !== undefined && { ip }), ...(browser !== undefined && { user_agent: browser }) } }
  }

  /** The payload travels as it came: its numbers are not read. */
  #join(head: string, payload?: Uint8Array): Buffer {
    const needed = head.length * 3 + (payload?.length ?? 0) + 2
    if (needed > this.#bytes.length) this.#bytes = Buffer.allocUnsafe(needed * 2)
    let length = this.#bytes.write(head)
    if (payload) {
      this.#bytes.set(payload, length)
      length += payload.length
    }
    length += this.#bytes.write('}}', length)
    return this.#bytes.subarray(0, length)
  }
}

function actorOf(id: string, name: string): object {
  return { kind: SYSTEM.test(id) ? 'system' : 'user', id, ...(name !== '' && { label: name }) }
}
