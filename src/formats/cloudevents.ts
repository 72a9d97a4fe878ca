// CloudEvents 1.0 in the structured JSON form (cloudevents/spec, spec.md and formats/json-format.md). `data` is the canonical event as
// it is, with `stream` at its end as in the canonical form; the attributes repeat what a router needs.
import { text, time, words } from './convert.ts'
import { decoded } from './event-type.ts'
import { writerOf } from './mapping.ts'
import type { EventView, Write } from './view.ts'

const authType = words(
  { user: 'user', human: 'user', service: 'service_account', service_account: 'service_account', system: 'system' },
  'unknown',
)

// Attributes are texts without control characters, which JSON can only hold as escapes; nor may surrogates stand alone.
const unfit = /\\u(00[01789][0-9a-f]|[dD][89a-fA-F])|\\[bfnrt]|\x7f|\xc2[\x80-\x9f]/i

function attribute(json: string): string | undefined {
  const found = text(json)
  return found === undefined || unfit.test(found) ? undefined : found
}

/** For attributes that must be there: what may not stand in them is written as a URL would. */
function required(json: string | undefined): string {
  const found = text(json ?? '') ?? '"unknown"'
  return unfit.test(found) ? `"${encoded(found)}"` : found
}

function encoded(json: string): string {
  return encodeURIComponent(decoded(json).toWellFormed())
}

const writeExtensions = writerOf([
  { from: 'target.id', to: 'subject', as: attribute },
  { from: 'actor.id', to: 'authid', as: attribute, when: (view) => view.json('actor.kind') !== undefined },
  { from: 'context.request_id', to: 'requestid', as: attribute },
])

export function cloudeventsWriter(): Write {
  return (view, { timeMs, stream }) => {
    const extensions = writeExtensions(view)
    const kind = authType(view.json('actor.kind') ?? '')
    return (
      `{"specversion":"1.0","id":${required(view.json('event_id'))},"source":"${sourceOf(view)}",` +
      `"type":${required(view.json('event_type'))},"time":${time(view.json('occurred_at'), timeMs)},` +
      `${kind === undefined ? '' : `"authtype":"${kind}",`}${extensions}${extensions === '' ? '' : ','}` +
      `"datacontenttype":"application/json","data":${withStream(view.text, stream)}}`
    )
  }
}

/** A path of the relay's source and, where there is one, of the tenant: with the id it names one event. */
function sourceOf(view: EventView): string {
  const [name, tenant] = [text(view.json('source.name') ?? ''), text(view.json('tenant.id') ?? '')]
  const path = `/audit-relay/${name === undefined ? 'unknown' : encoded(name)}`
  return tenant === undefined ? path : `${path}/tenants/${encoded(tenant)}`
}

function withStream(event: string, stream: string): string {
  const end = event.lastIndexOf('}')
  const empty = /^\s*\{\s*$/.test(event.slice(0, end))
  return `${event.slice(0, end)}${empty ? '' : ','}"stream":${stream}}`
}
