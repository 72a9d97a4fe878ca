// The options of an http destination as the rest of the folder wants them: what the operator wrote over what the preset says, checked
// once, nothing left to work out for each request.
import { z } from 'zod'
import type { Connection } from '../../runtime/http-connection.ts'
import { checkConnection, connectionOf, connectionSecrets } from '../../runtime/connection-options.ts'
import { valueAndToken } from '../../runtime/http-credentials.ts'
import { isToken, takeCredentials, tokensOf } from '../request-secrets.ts'
import { checkSigning, type Signing, signingOf } from '../signing.ts'
import { type Auth, authOf, type TokenAuth } from './auth.ts'
import { type BodyPlan, bodyPlan } from './body.ts'
import { type Tell, teller } from './faults.ts'
import { PRESETS } from './presets/index.ts'
import { jsonFault } from './sample.ts'
import { type AnswerGiven, httpFile, type HttpGiven, type RuleGiven } from './schema.ts'
import { type Values, valuesWanted } from './template.ts'

export interface HttpOptions {
  readonly method: 'POST' | 'PUT'
  /** Without user information; that has become a header. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: BodyPlan
  /** Whether `stream` is added to each event. */
  readonly stream: boolean
  readonly gzip: boolean
  /** Null when requests are not signed. */
  readonly signing: Signing | null
  /** A header for the id of a request; null for none. */
  readonly idHeader: string | null
  readonly maxEvents: number
  readonly maxBytes: number
  /** Of one event, `stream` included and what a template puts around it not; null for no limit. */
  readonly maxEventBytes: number | null
  readonly maxAgeMs: number | null
  /** What becomes of older events: dated at their sending, or not sent. */
  readonly oldEvents: 'send' | 'dead_letter'
  readonly success: AnswerGiven
  readonly rules: readonly RuleGiven[]
  readonly token: TokenAuth | null
  readonly connection: Connection
  /** What must not appear in any text. */
  readonly secrets: readonly string[]
}

const defaultBatch = 500
const defaultBatchBytes = 1024 ** 2
/** One event per request: its size is bounded by its source, not here. */
const defaultSingleBytes = 16 * 1024 ** 2

export const httpOptions: z.ZodType<HttpOptions> = httpFile
  .superRefine(checkConnection)
  .transform((given, context) => prepared(withPreset(given), teller(given, context), context) ?? z.NEVER)

/** What stands in the file goes before what the preset says, member by member; its rules stand before those of the preset. */
function withPreset(given: HttpGiven): HttpGiven {
  if (given.preset === undefined) return given
  const preset = httpFile.parse(PRESETS[given.preset])
  return { ...(over(preset, given) as HttpGiven), rules: [...(given.rules ?? []), ...(preset.rules ?? [])] }
}

function over(below: unknown, above: unknown): unknown {
  if (!isMap(below) || !isMap(above)) return above
  const changed = Object.entries(above).map(([key, value]) => [key, key in below ? over(below[key], value) : value])
  return { ...below, ...(Object.fromEntries(changed) as object) }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function prepared(given: HttpGiven, tell: Tell, context: z.RefinementCtx): HttpOptions | undefined {
  const before = context.issues.length
  checkSigning(given, context)
  checkShape(given, tell)
  const { headers: extra = {}, success = {}, rules = [], url = '', max_event_bytes: eventBytes, max_age: age } = given
  const auth = given.auth ? authOf(given.auth, extra, tell) : noAuth
  const plan = checkedPlan(given, tell)
  if (plan) checkOldEvents(given, plan, tell)
  if (!auth || !plan || context.issues.length > before) return undefined
  const single = given.body?.form === 'single'
  const { connection, ...request } = requestOf(url, given, auth)
  return {
    ...request,
    method: given.method ?? 'POST',
    body: plan,
    stream: given.body?.stream ?? true,
    gzip: given.gzip ?? false,
    signing: given.secret === undefined ? null : signingOf(given),
    idHeader: given.id_header?.toLowerCase() ?? null,
    maxEvents: single ? 1 : (given.batch ?? defaultBatch),
    maxBytes: given.max_bytes ?? (single ? defaultSingleBytes : defaultBatchBytes),
    maxEventBytes: eventBytes ?? null,
    maxAgeMs: age ?? null,
    oldEvents: given.old_events ?? 'dead_letter',
    success,
    rules,
    token: auth.token,
    connection,
  }
}

/** Nothing but a template gives an event a time beside its own. */
function checkOldEvents({ old_events: policy, max_age: age }: HttpGiven, plan: BodyPlan, tell: Tell): void {
  const fault = (message: string): void => tell(['old_events'], message)
  if (policy !== undefined && age === undefined) fault('needs max_age beside it: how old an event may be')
  const dated = plan.event.some((part) => typeof part !== 'string' && part.name.startsWith('occurred_at'))
  if (policy === 'send' && !dated) fault('only with a template that holds a time, such as {{occurred_at_ms}}')
}

const noAuth: Auth = { headers: {}, token: null, secrets: [] }

function requestOf(
  address: string,
  given: HttpGiven,
  auth: Auth,
): Pick<HttpOptions, 'url' | 'headers' | 'connection' | 'secrets'> {
  const url = new URL(address)
  const credentials = takeCredentials(url)
  const connection = connectionOf(given)
  const extra = { ...(credentials && { authorization: credentials.header }), ...auth.headers, ...given.headers }
  return {
    url: url.href,
    headers: {
      'user-agent': 'audit-relay',
      ...extra,
      'content-type': contentType(given),
      ...(given.gzip && { 'content-encoding': 'gzip' }),
    },
    connection,
    secrets: [
      ...[given.secret ?? []].flat(),
      ...auth.secrets,
      ...Object.values(extra).flatMap(valueAndToken),
      ...tokensOf(url),
      ...Object.values(given.values ?? {}).filter(isToken),
      ...(credentials?.secrets ?? []),
      ...connectionSecrets(connection),
    ],
  }
}

function contentType({ body = {} }: HttpGiven): string {
  return body.content_type ?? (body.form === 'lines' ? 'application/x-ndjson' : 'application/json')
}

function checkShape({ url, body = {}, batch, headers, id_header: idHeader }: HttpGiven, fault: Tell): void {
  const { form = 'array', key, template } = body
  if (url === undefined) fault(['url'], 'expected the whole address, such as https://receiver.example/ingest')
  if (form === 'single' && batch !== undefined && batch > 1) fault(['batch'], 'form: single sends one event a request')
  if (key !== undefined && form !== 'array') fault(['body', 'key'], 'only with form: array')
  if (template && form !== 'template') fault(['body', 'template'], 'a template needs form: template beside it')
  if (form === 'template' && template?.event === undefined)
    fault(['body', 'template'], 'expected a template for one event, such as { event: \'{"log":{{event}}}\' }')
  if (idHeader !== undefined && headers?.[idHeader.toLowerCase()] !== undefined)
    fault(['id_header'], 'this header is taken')
}

function checkedPlan(given: HttpGiven, tell: Tell): BodyPlan | undefined {
  const { body = {}, values = {} } = given
  const { template = {} } = body
  if (!hasValues([template.event ?? '', template.batch ?? ''], values, tell)) return undefined
  const plan = bodyPlan(body, values, tell)
  if (!plan || plan.plain || !/json/i.test(contentType(given))) return plan
  const found = jsonFault(plan)
  if (!found) return plan
  tell(['body', 'template', found.part], found.fault)
  return undefined
}

/** A value that a template asks for is missing where values stand, not in the template, which may be a preset's. */
function hasValues(templates: readonly string[], values: Values, tell: Tell): boolean {
  const missing = templates.flatMap(valuesWanted).filter((name) => !Object.hasOwn(values, name))
  for (const name of new Set(missing))
    tell(['values', name], `expected a text for ${name}, which the template asks for`)
  return missing.length === 0
}
