// What of an event never changes. ZITADEL looks up the editor's name when it is asked (internal/query/event.go), words the localized
// texts in the language of the request, and its JSON library puts blanks between members that differ from one build of ZITADEL to the
// next (golang/protobuf#1373): none of that makes another event.
import type { ZitadelEvent } from './record.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20

/** The payload is part of it whatever the file allows, so that the same event stays the same when the file changes. */
export function stableBytes(event: ZitadelEvent, bytes: Uint8Array): Buffer {
  const { type, aggregateType, aggregateId, resourceOwner, sequence, creationDate, editorId, payload } = event
  const head = JSON.stringify([type, aggregateType, aggregateId, resourceOwner, sequence, creationDate, editorId])
  const into = Buffer.allocUnsafe(head.length * 3 + (payload ? payload.end - payload.start : 0))
  const length = into.write(head)
  return into.subarray(0, payload ? withoutBlanks(bytes.subarray(payload.start, payload.end), into, length) : length)
}

/** Copies JSON without the white space between its tokens; returns where the copy ends. */
function withoutBlanks(json: Uint8Array, into: Buffer, at: number): number {
  let end = at
  let inText = false
  for (let index = 0; index < json.length; index++) {
    const byte = json[index] as number
    if (!inText && byte <= SPACE) continue
    into[end++] = byte
    if (byte === QUOTE) inText = !inText
    else if (byte === BACKSLASH) into[end++] = json[++index] as number
  }
  return end
}
