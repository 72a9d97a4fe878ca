// The plan of a body: made once of the options, with every fault of a template told, and followed for each batch.
import type { Tell } from './faults.ts'
import { PLACEHOLDER_BYTES, PLACEHOLDER_TIMES } from './event-values.ts'
import {
  BATCH_PLACEHOLDERS,
  type BatchPlaceholder,
  countOf,
  EVENT_PLACEHOLDERS,
  type EventPlaceholder,
  literalBytes,
  parseTemplate,
  type Part,
  type TemplateFault,
  type Values,
} from './template.ts'

type EventPart = Part<EventPlaceholder>

export interface BodyPlan {
  /** A form that needs no template: the bytes of the events, copied. */
  readonly plain: 'object' | 'array' | 'lines' | null
  readonly event: readonly EventPart[]
  /** Where the event's own bytes are copied between what stands before them and a text that is always the same. */
  readonly copied: { readonly before: readonly EventPart[]; readonly after: string } | null
  readonly separator: string
  readonly before: readonly Part<BatchPlaceholder>[]
  readonly after: readonly Part<BatchPlaceholder>[]
  /** How many times its own bytes an event may take, and how many bytes more. */
  readonly times: number
  readonly overheadBytes: number
  /** What stands around all events, bytes. */
  readonly frameBytes: number
}

interface Template {
  readonly event?: string | undefined
  readonly batch?: string | undefined
  readonly separator?: string | undefined
}

export interface BodyOptions {
  readonly form?: 'single' | 'array' | 'lines' | 'template' | undefined
  readonly key?: string | undefined
  readonly template?: Template | undefined
  readonly content_type?: string | undefined
}

/** Hex of a hash, in quotation marks. */
const batchIdBytes = 48

/** The templates that a form stands for. */
function templateOf({ form = 'array', key, template = {} }: BodyOptions): Required<Template> {
  const { event = '{{event}}', batch = '{{events}}', separator = '' } = template
  if (form === 'template') return { event, batch, separator }
  if (form === 'single') return { event: '{{event}}', batch: '{{events}}', separator: '' }
  if (form === 'lines') return { event: '{{event}}', batch: '{{events}}\n', separator: '\n' }
  const array = '[{{events}}]'
  return {
    event: '{{event}}',
    batch: key === undefined ? array : `{${JSON.stringify(key)}:${array}}`,
    separator: ',',
  }
}

/** The plan; undefined when there is a fault, which has been told at its place. */
export function bodyPlan(body: BodyOptions, values: Values, tell: Tell): BodyPlan | undefined {
  const { event: eventText, batch: batchText, separator = '' } = templateOf(body)
  const event = parseTemplate(eventText ?? '', EVENT_PLACEHOLDERS, values)
  const batch = parseTemplate(batchText ?? '', BATCH_PLACEHOLDERS, values)
  const fault = (part: keyof Template, text: string): undefined => tell(['body', 'template', part], text) as undefined
  if (isFault(event)) fault('event', event.fault)
  if (isFault(batch)) fault('batch', batch.fault)
  if (isFault(event) || isFault(batch)) return undefined
  if (!holdsEvent(event))
    return fault('event', 'the event itself is not in it: write {{event}}, {{event_json_string}} or {{base64_event}}')
  if (countOf(batch, 'events') !== 1) return fault('batch', '{{events}} must stand in it, once')
  const at = batch.findIndex((part) => typeof part !== 'string' && part.name === 'events')
  const form = body.form ?? 'array'
  return {
    plain: plainForm(form, body.key),
    event,
    copied: copyPlan(event),
    separator,
    before: batch.slice(0, at),
    after: batch.slice(at + 1),
    ...sizes(event, separator),
    frameBytes: literalBytes(batch) + batchIdBytes * countOf(batch, 'batch_id'),
  }
}

function isFault(parsed: readonly unknown[] | TemplateFault): parsed is TemplateFault {
  return 'fault' in parsed
}

function holdsEvent(parts: readonly EventPart[]): boolean {
  return parts.some((part) => typeof part !== 'string' && part.name in PLACEHOLDER_TIMES)
}

function plainForm(form: BodyOptions['form'], key: string | undefined): BodyPlan['plain'] {
  if (form === 'single') return 'object'
  if (form === 'lines') return 'lines'
  return form === 'array' && key === undefined ? 'array' : null
}

/** Copying needs the event as it is, and nothing that differs from event to event behind it. */
function copyPlan(parts: readonly EventPart[]): BodyPlan['copied'] {
  const at = parts.findIndex((part) => typeof part !== 'string' && part.name === 'event')
  const after = parts.slice(at + 1)
  const before = parts.slice(0, at)
  const texts = after.filter((part) => typeof part === 'string')
  return at < 0 || texts.length < after.length ? null : { before, after: texts.join('') }
}

function sizes(parts: readonly EventPart[], separator: string): Pick<BodyPlan, 'times' | 'overheadBytes'> {
  const names = parts.flatMap((part) => (typeof part === 'string' ? [] : [part.name]))
  const sum = (of: (name: EventPlaceholder) => number): number => names.reduce((all, name) => all + of(name), 0)
  return {
    times: sum((name) => PLACEHOLDER_TIMES[name] ?? 0),
    overheadBytes: literalBytes(parts) + Buffer.byteLength(separator) + sum((name) => PLACEHOLDER_BYTES[name]),
  }
}
