// The options that all kinds with a bulk API share, and the form in which the rest wants them: checked once, nothing left to work
// out for each request.
import { z } from 'zod'
import { size } from '../model/units.ts'
import type { Connection } from '../runtime/http-connection.ts'
import { type IndexName, indexName } from './bulk-index.ts'
import { READ_PATHS } from './bulk-judge.ts'
import { connectionOf, connectionSecrets, connectionShape } from '../runtime/connection-options.ts'
import { httpUrl } from '../runtime/http-options.ts'
import { type AwsIdentity, rfc3986 } from './sigv4.ts'

export interface BulkOptions {
  /** Of the bulk API, its parameters included. */
  readonly url: string
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>
  /** Requests are signed. */
  readonly aws: AwsIdentity | null
  /** Named with each event; null where the address names it. */
  readonly index: IndexName | null
  readonly ids: boolean
  readonly gzip: boolean
  /** Events per request. */
  readonly batch: number
  readonly maxBytes: number
  readonly connection: Connection
  /** What must not appear in any text. */
  readonly secrets: readonly string[]
}

/** Both vendors advise 5 to 15 MB, or 1,000 to 5,000 events, a request. */
const defaultBatch = 2_000
/** `http.max_content_length` of both where nobody changed it ("Networking", "Network settings"). */
const largestBody = '100MiB'
/** The largest body of any cluster. */
export const LARGEST_BODY = size().parse(largestBody)

const baseUrl = httpUrl.superRefine((text, context) => {
  const url = URL.parse(text)
  if (!url) return
  if (url.username !== '' || url.password !== '')
    context.addIssue('write the user and password as username and password')
  else if (url.search !== '') context.addIssue('expected the address without what follows the question mark')
  else if (/\/_bulk\/?$/.test(url.pathname))
    context.addIssue('expected the address of the cluster, without /_bulk; the name goes to index')
})

const index = z.string().superRefine((text, context) => {
  const name = indexName(text)
  if (typeof name === 'string') context.addIssue(name)
})

export const bulkShape = {
  url: baseUrl.describe('Address of the cluster, for example https://siem.example.com:9200.'),
  index: index.describe('A data stream, or an index whose name may hold the date of the event: audit-%Y.%m.%d.'),
  data_stream: z.boolean().optional().describe('Whether index names a data stream. True unless a date is in it.'),
  username: z.string().min(1).optional(),
  password: z.string().min(1).optional(),
  pipeline: z.string().min(1).max(255).optional().describe('An ingest pipeline of yours.'),
  ids: z.boolean().default(true).describe('Give each document the id of its event, so that none is stored twice.'),
  gzip: z.boolean().default(false),
  batch: z.int().min(1).max(10_000).default(defaultBatch).describe('Events per request.'),
  max_bytes: size({ min: '1KiB', max: largestBody }).prefault('5MiB'),
  ...connectionShape,
}
export type BulkFile = z.output<z.ZodObject<typeof bulkShape>>

/** What a kind adds. */
interface Own {
  readonly query?: Readonly<Record<string, string>>
  /** Instead of user and password. */
  readonly authorization?: string
  readonly aws?: AwsIdentity
  readonly secrets: readonly string[]
}

/** For a kind's `superRefine`. `others` are the ways to show who we are that are given beside user and password. */
export function checkBulk(file: BulkFile, others: readonly string[], context: z.RefinementCtx): void {
  const fault = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message })
  const { username, password } = file
  if (username === undefined && password !== undefined) fault('password', 'password needs username beside it')
  if (username !== undefined && password === undefined) fault('username', 'username needs password beside it')
  if (username?.includes(':')) fault('username', 'a user name cannot hold a colon')
  const [other] = others
  if (username !== undefined && other !== undefined) fault(other, `give either ${other} or username and password`)
  const name = indexName(file.index)
  if (typeof name !== 'string' && name.dated && file.data_stream === true)
    fault(
      'index',
      'a data stream has one name: its parts get their dates by themselves. Take the date out, or data_stream',
    )
}

export function isDataStream({ index: text, data_stream }: BulkFile): boolean {
  return data_stream ?? !checked(text).dated
}

export function preparedBulk(file: BulkFile, own: Own): BulkOptions {
  const name = checked(file.index)
  const connection = connectionOf(file)
  const { username, password } = file
  const basic = username === undefined ? undefined : Buffer.from(`${username}:${password}`).toString('base64')
  const authorization = own.authorization ?? (basic === undefined ? undefined : `Basic ${basic}`)
  const query = {
    filter_path: READ_PATHS.join(','),
    ...own.query,
    ...(file.pipeline !== undefined && { pipeline: file.pipeline }),
  }
  return {
    url: urlOf(file.url, name.dated ? '_bulk' : `${rfc3986(file.index)}/_bulk`, query),
    headers: {
      'user-agent': 'audit-relay',
      ...(authorization !== undefined && { authorization }),
      'content-type': 'application/x-ndjson',
      ...(file.gzip && { 'content-encoding': 'gzip' }),
    },
    aws: own.aws ?? null,
    index: name.dated ? name : null,
    ids: file.ids,
    gzip: file.gzip,
    batch: file.batch,
    maxBytes: file.max_bytes,
    connection,
    secrets: [
      ...own.secrets,
      ...(basic === undefined ? [] : [basic]),
      ...(password === undefined ? [] : [password]),
      ...connectionSecrets(connection),
    ],
  }
}

function urlOf(base: string, path: string, query: Readonly<Record<string, string>>): string {
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${rfc3986(value)}`)
  return `${new URL(base).href.replace(/\/+$/, '')}/${path}?${parameters.join('&')}`
}

/** The schema has refused every other name. */
function checked(text: string): IndexName {
  const name = indexName(text)
  if (typeof name === 'string') throw new Error(name)
  return name
}
