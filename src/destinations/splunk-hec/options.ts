// The options of a Splunk HTTP Event Collector as the file gives them, and the form in which the rest of the folder wants them.
import { z } from 'zod'
import { duration, size } from '../../model/units.ts'
import type { Connection } from '../../runtime/http-connection.ts'
import { checkConnection, connectionOf, connectionSecrets, connectionShape } from '../../runtime/connection-options.ts'
import { httpUrl, isHeaderValue } from '../../runtime/http-options.ts'

export interface SplunkHecOptions {
  /** Without a slash at its end; `/services/collector/…` follows. */
  readonly url: string
  /** Headers of every request, the token among them. */
  readonly headers: Readonly<Record<string, string>>
  /** What stands around each event beside its time. Absent: what the token says. */
  readonly index?: string
  /** Absent: the name of the source that the event came from. */
  readonly source?: string
  readonly sourcetype: string
  readonly host?: string
  /** Indexed fields beside `event_id`. */
  readonly fields: Readonly<Record<string, string>>
  /** Ask until the indexers have the events, and only then count them as delivered. */
  readonly ack: boolean
  readonly ackTimeoutMs: number
  readonly gzip: boolean
  readonly maxEvents: number
  readonly maxBytes: number
  readonly connection: Connection
  /** What must not appear in any text. */
  readonly secrets: readonly string[]
}

const defaultSourcetype = 'audit-relay'
const defaultEvents = 1_000
const defaultAckTimeout = '5m'
/** The largest body is a setting of the server (`max_content_length` in limits.conf): this stays far below what any has. */
const defaultBytes = '1MiB'
/** "About managing indexes": lower-case letters, digits, underscores and hyphens. */
const indexName = /^[a-z0-9_][a-z0-9_-]{0,254}$/
/** Set by us, or with a meaning of their own beside `fields`. */
const TAKEN = new Set(['event_id', 'time', 'host', 'source', 'sourcetype', 'index', 'event', 'fields'])
const maxFields = 32

const label = z.string().min(1).max(256)

const url = httpUrl.superRefine((text, context) => {
  const parsed = URL.parse(text)
  if (!parsed) return
  if (parsed.pathname.includes('/services/collector'))
    context.addIssue(
      'leave out /services/collector and what follows it: the relay adds the path, as in https://splunk.example:8088',
    )
  if (parsed.search !== '') context.addIssue('no part after ?: the token belongs into token')
  if (parsed.username !== '' || parsed.password !== '')
    context.addIssue('no user and no password: a collector knows its senders by token')
})

/** What is wrong with a token is never said with the token. */
const token = z.string().superRefine((text, context) => {
  if (/^splunk\s/i.test(text)) context.addIssue('the token alone: the relay puts the word Splunk before it')
  else if (!/^\S{8,256}$/.test(text) || !isHeaderValue(text))
    context.addIssue('expected a token such as 12345678-90ab-cdef-1234-567890abcdef, without blanks or line breaks')
})

const fields = z.record(z.string(), label).superRefine((given, context) => {
  const names = Object.keys(given)
  if (names.length > maxFields) context.addIssue(`at most ${maxFields} fields`)
  for (const name of names) {
    const fault = fieldFault(name)
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, path: [name] })
  }
})

function fieldFault(name: string): string | undefined {
  if (TAKEN.has(name)) return `${name} is set by the relay or by an option of its own`
  return /^[A-Za-z][A-Za-z0-9_.]{0,63}$/.test(name)
    ? undefined
    : 'a field has a name of letters, digits, "_" and ".", and begins with a letter'
}

const file = z.strictObject({
  url: url.describe('The address of the collector without a path of its own, such as https://splunk.example:8088.'),
  token: token.describe('The token of the HTTP Event Collector.'),
  index: z
    .string()
    .regex(indexName, 'expected the name of an index: a-z, 0-9, "_" and "-"')
    .exactOptional()
    .describe("Where the events go. Default: the token's own index."),
  source: label.exactOptional().describe('Default: the name of the source in this configuration.'),
  sourcetype: label.default(defaultSourcetype),
  host: label.exactOptional(),
  fields: fields.default({}).describe('More indexed fields, the same for every event.'),
  ack: z.boolean().default(false).describe('Wait until the indexers have the events. The token must allow it.'),
  ack_timeout: duration({ min: '30s', max: '14m' })
    .default(duration().parse(defaultAckTimeout))
    .describe('What is not acknowledged by then is sent again.'),
  gzip: z.boolean().default(true),
  batch: z.int().min(1).max(10_000).default(defaultEvents).describe('Events in one request.'),
  max_bytes: size({ min: '4KiB', max: '512MiB' }).default(size().parse(defaultBytes)),
  ...connectionShape,
})
type File = z.output<typeof file>

export const splunkHecOptions: z.ZodType<SplunkHecOptions> = file.superRefine(checkConnection).transform(prepared)

function prepared(options: File): SplunkHecOptions {
  const { index, source, host, sourcetype, ack, gzip } = options
  const connection = connectionOf(options)
  const { origin, pathname } = new URL(options.url)
  return {
    url: `${origin}${pathname.replace(/\/+$/, '')}`,
    headers: {
      'user-agent': 'audit-relay',
      authorization: `Splunk ${options.token}`,
      'content-type': 'application/json',
    },
    ...(index !== undefined && { index }),
    ...(source !== undefined && { source }),
    ...(host !== undefined && { host }),
    sourcetype,
    fields: options.fields,
    ack,
    ackTimeoutMs: options.ack_timeout,
    gzip,
    maxEvents: options.batch,
    maxBytes: options.max_bytes,
    connection,
    secrets: [options.token, `Splunk ${options.token}`, ...connectionSecrets(connection)],
  }
}
