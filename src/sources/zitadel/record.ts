// Reads one event as ZITADEL writes it (proto/zitadel/event.proto as proto3 JSON: members that are empty or zero are left out,
// 64-bit numbers are strings), by slices of its bytes.
import { JsonScanner, Scan } from '../../model/json.ts'
import { stringText } from '../../model/json-text.ts'
import { Children, isNamed, type Span } from '../json-walk.ts'

/** Texts are empty where ZITADEL said nothing. */
export interface ZitadelEvent {
  readonly type: string
  readonly aggregateType: string
  readonly aggregateId: string
  readonly resourceOwner: string
  /** Decimal digits; counted for each aggregate. */
  readonly sequence: string
  readonly creationDate: string
  readonly editorId: string
  readonly editorName: string
  readonly payload: Span | undefined
  /** Some object in it held a key twice. */
  readonly duplicateKeys: boolean
}

const EVENT = namesOf('editor', 'aggregate', 'sequence', 'creationDate', 'payload', 'type')
const AGGREGATE = namesOf('id', 'type', 'resourceOwner')
const TYPE = namesOf('type')
const EDITOR = namesOf('userId', 'displayName')

const QUOTE = 0x22
const OPEN_BRACE = 0x7b
const NULL = 0x6e

export class RecordReader {
  readonly #scanner = new JsonScanner()

  /** Undefined when it is no JSON object, or one that is nested too deep. */
  read(bytes: Uint8Array, start: number, end: number): ZitadelEvent | undefined {
    const members = this.#members(bytes, { start, end }, EVENT)
    if (!members) return undefined
    const { duplicateKeys } = this.#scanner
    const [editor, aggregate, sequence, creationDate, payload, type] = members
    const [aggregateId, aggregateType, resourceOwner] = within(bytes, aggregate, AGGREGATE)
    const [editorId, editorName] = within(bytes, editor, EDITOR)
    return {
      type: textOf(bytes, within(bytes, type, TYPE)[0]),
      aggregateType: textOf(bytes, within(bytes, aggregateType, TYPE)[0]),
      aggregateId: textOf(bytes, aggregateId),
      resourceOwner: textOf(bytes, resourceOwner),
      sequence: textOf(bytes, sequence) || '0',
      creationDate: textOf(bytes, creationDate),
      editorId: textOf(bytes, editorId),
      editorName: textOf(bytes, editorName),
      payload: payload && bytes[payload.start] !== NULL ? payload : undefined,
      duplicateKeys,
    }
  }

  /** The texts at paths of one or two names within an object; empty where there is none. */
  texts(bytes: Uint8Array, object: Span, paths: readonly (readonly Buffer[])[]): string[] {
    return paths.map((path) => {
      let span: Span | undefined = object
      for (const name of path) span = within(bytes, span, [name])[0]
      return textOf(bytes, span)
    })
  }

  /** Where the members with these names are; undefined when it is no object. */
  #members(bytes: Uint8Array, { start, end }: Span, names: readonly Buffer[]): (Span | undefined)[] | undefined {
    const scanner = this.#scanner
    if (bytes[start] !== OPEN_BRACE || scanner.scan(bytes, start, end) !== Scan.ok) return undefined
    return names.map((name) => memberOf(scanner, bytes, name))
  }
}

/** Where the members with these names are in an object of a record that was scanned; none where it is no object. */
function within(bytes: Uint8Array, object: Span | undefined, names: readonly Buffer[]): (Span | undefined)[] {
  if (!object || bytes[object.start] !== OPEN_BRACE) return []
  const found = names.map((): Span | undefined => undefined)
  const children = new Children(bytes, object.start, object.end)
  // Of a repeated key the last counts, as for JSON.parse.
  while (children.next())
    for (let index = 0; index < names.length; index++)
      if (isNamed(bytes, children.keyStart, children.keyEnd, names[index] as Buffer))
        found[index] = { start: children.start, end: children.end }
  return found
}

/** Names as they stand in JSON. */
export function namesOf(...names: readonly string[]): readonly Buffer[] {
  return names.map((name) => Buffer.from(name))
}

/** Of a repeated key the last counts, as for JSON.parse. */
function memberOf({ members, memberCount }: JsonScanner, bytes: Uint8Array, name: Buffer): Span | undefined {
  for (let at = (memberCount - 1) * 4; at >= 0; at -= 4)
    if (isNamed(bytes, members[at] as number, members[at + 1] as number, name))
      return { start: members[at + 2] as number, end: members[at + 3] as number }
  return undefined
}

/** A string's text, or a number as it is written. */
function textOf(bytes: Uint8Array, span: Span | undefined): string {
  if (!span) return ''
  const first = bytes[span.start] as number
  if (first === QUOTE) return stringText(bytes, span.start, span.end)
  const isNumber = first === 0x2d || (first >= 0x30 && first <= 0x39)
  const text = (): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset + span.start, span.end - span.start)
  return isNumber ? text().toString('latin1') : ''
}
