// The options of Datadog Logs as the file gives them, and the form in which the rest of the folder wants them: what is the same for
// every event is written once, here.
import { z } from 'zod'
import { size } from '../../model/units.ts'
import type { Connection } from '../../runtime/http-connection.ts'
import { checkConnection, connectionOf, connectionSecrets, connectionShape } from '../../runtime/connection-options.ts'
import { httpUrl, isHeaderValue } from '../../runtime/http-options.ts'
import { siteFault, SITES } from './sites.ts'

/** "Send logs": "Maximum content size per payload (uncompressed): 5MB", "Maximum array size …: 1000 entries". Read as decimal, the smaller way. */
export const MAX_PAYLOAD_BYTES = 5_000_000
export const MAX_ENTRIES = 1_000
const defaultLabel = 'audit-relay'
const defaultAttribute = 'audit'
/** "Log Collection", notes: a log event should not have more, and each not be longer. */
const maxTags = 100
const maxTagLength = 256

export interface DatadogOptions {
  readonly url: string
  /** Headers of every request, the key among them. */
  readonly headers: Readonly<Record<string, string>>
  /** The beginning of every entry: `{"ddsource":…,"service":…` and no comma behind it. */
  readonly head: string
  /** The attribute that the event becomes. */
  readonly attribute: string
  /** What becomes of events that are older than Datadog takes with their own time. */
  readonly oldEvents: 'send' | 'dead_letter'
  readonly gzip: boolean
  readonly maxEvents: number
  readonly maxBytes: number
  readonly connection: Connection
  /** What must not appear in any text. */
  readonly secrets: readonly string[]
}

/** Names with a meaning of their own beside the event ("Pipelines", preprocessing of JSON logs), and those that the relay writes. */
const TAKEN = new Set(
  `@timestamp timestamp _timestamp Timestamp eventTime date published_date syslog host hostname service status severity level message
  source ddsource ddtags tags dd contextMap trace_id span_id error original_time`.split(/\s+/),
)

const label = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._:/@-]{0,99}$/u, 'expected letters, digits and any of "-_.:/@", 100 at most')

/** What is wrong with a key is never said with the key. */
const apiKey = z.string().superRefine((text, context) => {
  if (!/^\S{8,256}$/.test(text) || !isHeaderValue(text))
    context.addIssue('expected an API key: one word of 8 characters or more, without blanks or line breaks')
})

const url = httpUrl.superRefine((text, context) => {
  const parsed = URL.parse(text)
  if (!parsed) return
  if (/\/(?:api\/v[0-9]+|v[0-9]+\/input)(?:\/|$)/.test(parsed.pathname))
    context.addIssue('leave out /api/v2/logs: the relay adds the path, as in https://http-intake.logs.datadoghq.eu')
  if (parsed.search !== '') context.addIssue('no part after ?: tags belong into tags, the key into api_key')
  if (parsed.username !== '' || parsed.password !== '')
    context.addIssue('no user and no password: Datadog knows its senders by api_key')
})

const site = z
  .string()
  .meta({ examples: [...SITES] })
  .superRefine((text, context) => {
    const fault = siteFault(text)
    if (fault !== undefined) context.addIssue(fault)
  })

const tagList = z.array(z.string())
const tagMap = z.record(z.string(), z.string('expected text; write a number with quotation marks'))
const tags = z
  .union([tagList, tagMap], { error: 'expected a list such as [env:prod, team:blue], or names with a text each' })
  .transform((given) =>
    Array.isArray(given) ? given : Object.entries(given).map(([name, value]) => `${name}:${value}`),
  )
  .superRefine((given, context) => {
    if (given.length > maxTags) context.addIssue(`at most ${maxTags} tags`)
    for (const [index, tag] of given.entries()) {
      const fault = tagFault(tag)
      if (fault !== undefined) context.addIssue({ code: 'custom', message: `tag ${index + 1}: ${fault}` })
    }
  })

/** Datadog parts tags at commas, so one with a comma would be two. */
function tagFault(tag: string): string | undefined {
  if (tag.length > maxTagLength) return `at most ${maxTagLength} characters`
  return /^\p{L}[^\s,\p{Cc}\p{Cf}\p{Cs}]*$/u.test(tag)
    ? undefined
    : 'begins with a letter, and has no blank and no comma'
}

const attribute = z.string().superRefine((text, context) => {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,48}$/.test(text))
    context.addIssue('expected a name of letters, digits and "_", shorter than 50')
  else if (TAKEN.has(text)) context.addIssue(`${text} has a meaning of its own in Datadog`)
})

const file = z.strictObject({
  api_key: apiKey.describe('An API key of the organization. Not an application key.'),
  site: site
    .exactOptional()
    .describe(
      'The site of the organization, such as datadoghq.eu: the address of its pages without what stands before.',
    ),
  url: url
    .exactOptional()
    .describe(
      'Instead of site: the address of an intake, without a path, such as https://http-intake.logs.datadoghq.eu.',
    ),
  service: label.default(defaultLabel),
  source: label.default(defaultLabel).describe('What Datadog calls source, or ddsource.'),
  hostname: label.exactOptional(),
  tags: tags.default([]).describe('A list (env:prod), or a mapping (env: prod).'),
  attribute: attribute.default(defaultAttribute).describe('The attribute that holds the event: @audit.event_type.'),
  old_events: z
    .enum(['send', 'dead_letter'])
    .default('send')
    .describe('Datadog drops what is dated more than 18 h ago. send: dated at its arrival; dead_letter: not sent.'),
  gzip: z.boolean().default(true),
  batch: z.int().min(1).max(MAX_ENTRIES).default(MAX_ENTRIES).describe('Events in one request.'),
  max_bytes: size({ min: '4KiB', max: `${MAX_PAYLOAD_BYTES}B` }).default(MAX_PAYLOAD_BYTES),
  ...connectionShape,
})
type File = z.output<typeof file>

export const datadogOptions: z.ZodType<DatadogOptions> = file
  .superRefine(checkAddress)
  .superRefine(checkConnection)
  .transform(prepared)

function checkAddress(options: File, context: z.RefinementCtx): void {
  if (options.site === undefined && options.url === undefined)
    context.addIssue({ code: 'custom', path: ['site'], message: 'site is missing, such as datadoghq.eu (or url)' })
  if (options.site !== undefined && options.url !== undefined)
    context.addIssue({ code: 'custom', path: ['url'], message: 'site or url, not both' })
}

function prepared(options: File): DatadogOptions {
  const { api_key, attribute: own, gzip } = options
  const connection = connectionOf(options)
  const { origin, pathname } = new URL(options.url ?? `https://http-intake.logs.${options.site}`)
  return {
    url: `${origin}${pathname.replace(/\/+$/, '')}/api/v2/logs`,
    headers: {
      'user-agent': 'audit-relay',
      'dd-api-key': api_key,
      'content-type': 'application/json',
      ...(gzip && { 'content-encoding': 'gzip' }),
    },
    head: headOf(options),
    attribute: own,
    oldEvents: options.old_events,
    gzip,
    maxEvents: options.batch,
    maxBytes: options.max_bytes,
    connection,
    secrets: [api_key, ...connectionSecrets(connection)],
  }
}

function headOf({ service, source, hostname, tags: all }: File): string {
  const ddtags = all.length === 0 ? undefined : all.join(',')
  return JSON.stringify({ ddsource: source, ddtags, hostname, service }).slice(0, -1)
}
