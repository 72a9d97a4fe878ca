// The rare path of a commit: a page without some of its events, or with some of them under another `event_id`. Everything else
// stays byte for byte.
import { stringText } from '../model/json-text.ts'
import { JsonScanner, Scan } from '../model/json.ts'
import { bitSet, eventBytes, FINGERPRINT_BYTES, KEY_BYTES, type Page, type Routing, setBit } from '../model/page.ts'

const newline = 0x0a
/** Numbers that the scanner reports for a member. */
const memberWidth = 4

/** The `event_id` of event `index`; of a repeated key the last counts, as for every reader of the page. */
export function eventIdOf(page: Page, index: number): string {
  const event = eventBytes(page, index)
  const last = idValues(event).at(-1)
  return last ? stringText(event, last.start, last.end) : ''
}

/** An event that gets an identity of its own. */
export interface Rename {
  readonly newEventId: string
  readonly suffix: string
  readonly key: Uint8Array
}

/** The events at the places `kept`, those in `renames` under their new identity. */
export function rebuildPage(page: Page, kept: readonly number[], renames: ReadonlyMap<number, Rename>): Page {
  const events = kept.map((index) => renamed(eventBytes(page, index), renames.get(index)))
  const offsets = new Uint32Array(kept.length + 1)
  events.forEach((event, place) => (offsets[place + 1] = (offsets[place] as number) + event.length + 1))
  const bytes = new Uint8Array(offsets[kept.length] as number)
  events.forEach((event, place) => {
    bytes.set(event, offsets[place])
    bytes[(offsets[place + 1] as number) - 1] = newline
  })
  const keys = picked(page.keys, kept, KEY_BYTES)
  kept.forEach((index, place) => {
    const rename = renames.get(index)
    if (rename) keys.set(rename.key, place * KEY_BYTES)
  })
  return {
    count: kept.length,
    bytes,
    offsets,
    times: Float64Array.from(kept, (index) => page.times[index] as number),
    keys,
    fingerprints: picked(page.fingerprints, kept, FINGERPRINT_BYTES),
    tags: picked(page.tags, kept, 1),
  }
}

/** The same routing for the events that stay. */
export function rebuildRouting(routing: Routing, kept: readonly number[]): Routing {
  const bitmap = new Uint8Array((kept.length + 7) >> 3)
  let matched = 0
  kept.forEach((index, place) => {
    if (!bitSet(routing.bitmap, index)) return
    setBit(bitmap, place)
    matched++
  })
  return { destination: routing.destination, bitmap, matched }
}

function picked(column: Uint8Array, kept: readonly number[], width: number): Uint8Array {
  const result = new Uint8Array(kept.length * width)
  kept.forEach((index, place) => result.set(column.subarray(index * width, (index + 1) * width), place * width))
  return result
}

/** The event with the suffix put before the closing quote of every `event_id`, so that all readers agree on it. */
function renamed(event: Uint8Array, rename: Rename | undefined): Uint8Array {
  if (!rename) return event
  const pieces: Uint8Array[] = []
  let from = 0
  for (const { end } of idValues(event)) {
    pieces.push(event.subarray(from, end - 1), Buffer.from(rename.suffix))
    from = end - 1
  }
  return Buffer.concat([...pieces, event.subarray(from)])
}

/** Where the values of the outermost `event_id` members lie, quotes included. */
function idValues(event: Uint8Array): { start: number; end: number }[] {
  const scanner = new JsonScanner()
  if (scanner.scan(event, 0, event.length) !== Scan.ok) throw new Error('an event of a page is not JSON')
  const found: { start: number; end: number }[] = []
  for (let member = 0; member < scanner.memberCount; member++) {
    const [keyStart, keyEnd, start, end] = scanner.members.slice(member * memberWidth) as [
      number,
      number,
      number,
      number,
    ]
    const isText = event[start] === 0x22
    if (isText && stringText(event, keyStart - 1, keyEnd + 1) === 'event_id') found.push({ start, end })
  }
  return found
}
