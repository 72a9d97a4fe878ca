// What a placeholder gives for one event: a complete JSON value, escaped by construction. Nothing here makes an object of an event;
// its id and its type are found in its bytes.
import type { Batch, BatchEvent } from '../../model/batch.ts'
import { eventTexts } from '../encode.ts'
import { EVENT_ID, EVENT_TYPE, LONGEST_TEXT_BYTES, TextFinder } from '../member-text.ts'
import type { EventPlaceholder, Part } from './template.ts'

/** How many bytes a placeholder gives at most beyond those of the event. A name of a source has 64 characters at most. */
export const PLACEHOLDER_BYTES: Readonly<Record<EventPlaceholder, number>> = {
  event: 0,
  event_json_string: 2,
  base64_event: 6,
  event_id: LONGEST_TEXT_BYTES,
  event_type: LONGEST_TEXT_BYTES,
  occurred_at: 32,
  occurred_at_s: 24,
  occurred_at_ms: 24,
  occurred_at_ns: 24,
  source: 80,
  event_key: 34,
}

/** How many times the bytes of the event a placeholder has at most. A JSON text as a string has each of its bytes twice at worst. */
export const PLACEHOLDER_TIMES: Readonly<Partial<Record<EventPlaceholder, number>>> = {
  event: 1,
  event_json_string: 2,
  base64_event: 4 / 3,
}

/** The time of an event as the receiver is to see it, ms since the epoch. */
export type TimeOf = (event: BatchEvent) => number

/** Gives the text of a template for each event of one batch. */
export class EventValues {
  readonly #complete: boolean
  readonly #text: (event: BatchEvent) => string
  readonly #time: TimeOf
  readonly #id = new TextFinder(EVENT_ID)
  readonly #type = new TextFinder(EVENT_TYPE)

  constructor(batch: Batch, time: TimeOf) {
    this.#time = time
    this.#complete = batch.complete === true
    this.#text = eventTexts(batch)
  }

  render(parts: readonly Part<EventPlaceholder>[], event: BatchEvent): string {
    let text = ''
    for (const part of parts) text += typeof part === 'string' ? part : this.#value(part.name, event)
    return text
  }

  #value(name: EventPlaceholder, event: BatchEvent): string {
    switch (name) {
      case 'event':
        return this.#text(event)
      case 'event_json_string':
        return JSON.stringify(this.#text(event))
      case 'base64_event':
        return `"${Buffer.from(this.#text(event)).toString('base64')}"`
      case 'event_id':
        return this.#id.literal(event, this.#complete) ?? 'null'
      case 'event_type':
        return this.#type.literal(event, this.#complete) ?? 'null'
      case 'source':
        return JSON.stringify(event.source)
      case 'event_key':
        return `"${event.key}"`
      default:
        return timeValue(name, this.#time(event))
    }
  }
}

function timeValue(name: EventPlaceholder & `occurred_at${string}`, timeMs: number): string {
  switch (name) {
    case 'occurred_at':
      return `"${new Date(Math.floor(timeMs)).toISOString()}"`
    case 'occurred_at_s':
      return (Math.floor(timeMs) / 1000).toFixed(3)
    case 'occurred_at_ms':
      return `${Math.floor(timeMs)}`
    case 'occurred_at_ns':
      // A time has microseconds at most, and nanoseconds are more than a number holds.
      return `${Math.round(timeMs * 1000)}000`
  }
}
