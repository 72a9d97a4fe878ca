// A cluster with a bulk API as Elasticsearch and OpenSearch document it, with what they refuse: for a scripted receiver to answer with.
import { gunzipSync } from 'node:zlib'
import { filtered, ownKeys } from './bulk-json.ts'
import type { Answer, Received } from './http-receiver.ts'

type Json = Record<string, unknown>

export interface Fault {
  readonly status: number
  readonly type: string
  readonly reason: string
}

interface Target {
  readonly dataStream: boolean
  readonly failureStore: boolean
  /** The last is written to; only it knows its ids. */
  generations: Map<string, Json>[]
  readonly failures: Json[]
}

export interface ClusterOptions {
  readonly dataStreams?: readonly string[]
  /** Data streams that keep what they cannot take. */
  readonly failureStores?: readonly string[]
  /** Pipelines, and whether they drop a document. */
  readonly pipelines?: Readonly<Record<string, (document: Json) => boolean>>
  /** Indices are made when they are written to. */
  readonly autoCreate?: boolean
  /** `http.max_content_length`. */
  readonly maxBytes?: number
  /** The whole authorization header that is let in. */
  readonly authorization?: string
  /** Time-series collections of a serverless service give ids themselves. */
  readonly refusesIds?: boolean
  /** A front that answers whole, whatever `filter_path` says. */
  readonly ignoresFilterPath?: boolean
}

export class BulkCluster {
  /** What becomes of a document that is well formed; undefined: it is stored. */
  fault: (document: Json, id: string | undefined) => Fault | undefined = () => undefined
  readonly #options: ClusterOptions
  readonly #targets = new Map<string, Target>()
  #made = 0

  constructor(options: ClusterOptions = {}) {
    this.#options = options
    for (const name of options.dataStreams ?? []) this.#add(name, true)
  }

  answer(request: Received): Answer {
    const { authorization, maxBytes = 100 * 1024 ** 2 } = this.#options
    const headers = { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' }
    if (authorization !== undefined && request.headers['authorization'] !== authorization)
      return { status: 401, headers, body: whole(401, 'security_exception', 'missing authentication credentials') }
    if (request.body.length > maxBytes) return { status: 413, headers, body: '' }
    const url = new URL(request.path, 'http://here')
    const target = /^\/(?:([^/]+)\/)?_bulk$/.exec(url.pathname)
    if (!target) return { status: 200, headers, body: JSON.stringify({ version: { number: '9.1.0' } }) }
    try {
      const answered = this.#bulk(request, target[1] && decodeURIComponent(target[1]), url.searchParams)
      const paths = this.#options.ignoresFilterPath ? null : url.searchParams.get('filter_path')
      return { headers, body: JSON.stringify(paths === null ? answered : filtered(answered, paths.split(','))) }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const { status, type, reason } = error.fault
      return { status, headers, body: whole(status, type, reason) }
    }
  }

  /** Begins a new backing index, which knows none of the ids before it. */
  rollover(name: string): void {
    this.#targets.get(name)?.generations.push(new Map())
  }

  /** All that a search finds. */
  documents(name: string): readonly Json[] {
    return (this.#targets.get(name)?.generations ?? []).flatMap((generation) => [...generation.values()])
  }

  ids(name: string): readonly string[] {
    return (this.#targets.get(name)?.generations ?? []).flatMap((generation) => [...generation.keys()])
  }

  failures(name: string): readonly Json[] {
    return this.#targets.get(name)?.failures ?? []
  }

  get names(): readonly string[] {
    return [...this.#targets.keys()]
  }

  #bulk(request: Received, target: string | undefined, query: URLSearchParams): Json {
    const type = request.headers['content-type'] ?? ''
    if (!/^application\/(x-ndjson|json|vnd\.elasticsearch\+x-ndjson)\s*(;|$)/.test(type))
      throw refused(406, 'media_type_header_exception', `Content-Type header [${type}] is not supported`)
    if (request.headers['transfer-encoding'] !== undefined) throw refused(411, 'length_required', 'no length')
    const zipped = request.headers['content-encoding'] === 'gzip'
    const text = (zipped ? gunzipSync(request.body) : request.body).toString()
    if (text === '') throw refused(400, 'parse_exception', 'request body is required')
    if (!text.endsWith('\n'))
      throw refused(400, 'illegal_argument_exception', 'The bulk request must be terminated by a newline [\\n]')
    const lines = text.slice(0, -1).split('\n')
    const items: Json[] = []
    for (let at = 0; at < lines.length; at += 2) {
      const { op, meta } = action(lines[at] ?? '', at + 1)
      items.push({
        [op]: this.#item(op, { ...(target !== undefined && { _index: target }), ...meta }, lines[at + 1], query),
      })
    }
    return { took: 1, errors: items.some((item) => 'error' in (Object.values(item)[0] as Json)), items }
  }

  #item(op: string, meta: Json, line: string | undefined, query: URLSearchParams): Json {
    const { _index: index, _id: id } = meta as { _index?: string; _id?: string }
    const shown = { _index: index ?? null, _id: id ?? null }
    if (line === undefined) throw refused(400, 'illegal_argument_exception', 'no source')
    try {
      if (index === undefined) throw refused(400, 'action_request_validation_exception', 'index is missing')
      const target = this.#target(index, query.get('require_data_stream') === 'true')
      return { ...shown, ...this.#write(op, target, { id, line, pipeline: query.get('pipeline') }) }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const { status, type, reason } = error.fault
      const store = this.#targets.get(index ?? '')
      const kept = error.document !== undefined && store?.dataStream
      if (kept && store.failureStore) {
        store.failures.push(error.document)
        return { ...shown, result: 'created', failure_store: 'used', status: 201 }
      }
      return { ...shown, status, ...(kept && { failure_store: 'not_enabled' }), error: { type, reason, index } }
    }
  }

  #write(op: string, target: Target, of: { id: string | undefined; line: string; pipeline: string | null }): Json {
    const { id, line, pipeline } = of
    if (op !== 'create' && op !== 'index') throw refused(400, 'illegal_argument_exception', `no ${op} here`)
    if (target.dataStream && op === 'index')
      throw refused(
        400,
        'illegal_argument_exception',
        'only write ops with an op_type of create are allowed in data streams',
      )
    if (this.#options.refusesIds && id !== undefined)
      throw refused(400, 'illegal_argument_exception', 'Document ID is not supported in create/index operation request')
    if (id !== undefined && Buffer.byteLength(id) > 512)
      throw refused(400, 'action_request_validation_exception', 'id is too long, must be no longer than 512 bytes')
    const document = parsed(line)
    if (pipeline !== null) {
      const drops = this.#options.pipelines?.[pipeline]
      if (!drops) throw refused(400, 'illegal_argument_exception', `pipeline with id [${pipeline}] does not exist`)
      if (drops(document)) return { result: 'noop', status: 200 }
    }
    if (target.dataStream) checkTime(document)
    const fault = this.fault(document, id)
    if (fault) throw new Refused(fault, fault.status === 400 ? document : undefined)
    const generation = target.generations.at(-1) as Map<string, Json>
    if (op === 'create' && id !== undefined && generation.has(id))
      throw refused(
        409,
        'version_conflict_engine_exception',
        `[${id}]: version conflict, document already exists (current version [1])`,
      )
    generation.set(id ?? `made-${++this.#made}`, document)
    return { _version: 1, result: 'created', _shards: { total: 2, successful: 1, failed: 0 }, _seq_no: 0, status: 201 }
  }

  #target(name: string, requireDataStream: boolean): Target {
    if (name !== name.toLowerCase() || /[\\/*?"<>| ,#:]/.test(name) || /^[-_+]/.test(name))
      throw refused(400, 'invalid_index_name_exception', `Invalid index name [${name}]`)
    const known = this.#targets.get(name)
    if (known && (known.dataStream || !requireDataStream)) return known
    if (requireDataStream)
      throw refused(
        404,
        'index_not_found_exception',
        `no such index and [require_data_stream] request flag is [true] and [${name}] is not a data stream`,
      )
    if (this.#options.autoCreate === false) throw refused(404, 'index_not_found_exception', `no such index [${name}]`)
    return this.#add(name, false)
  }

  #add(name: string, dataStream: boolean): Target {
    const failureStore = this.#options.failureStores?.includes(name) ?? false
    const target: Target = { dataStream, failureStore, generations: [new Map<string, Json>()], failures: [] }
    this.#targets.set(name, target)
    return target
  }
}

class Refused extends Error {
  readonly fault: Fault
  /** What a failure store may keep. */
  readonly document: Json | undefined
  constructor(fault: Fault, document?: Json) {
    super(fault.reason)
    this.fault = fault
    this.document = document
  }
}

function refused(status: number, type: string, reason: string): Refused {
  return new Refused({ status, type, reason })
}

function whole(status: number, type: string, reason: string): string {
  return JSON.stringify({ error: { root_cause: [{ type, reason }], type, reason }, status })
}

function action(line: string, number: number): { op: string; meta: Json } {
  try {
    const [[op, meta]] = Object.entries(JSON.parse(line) as Json) as [[string, Json]]
    return { op, meta }
  } catch {
    throw refused(
      400,
      'illegal_argument_exception',
      `Malformed action/metadata line [${number}], expected START_OBJECT but found [VALUE_STRING]`,
    )
  }
}

function parsed(line: string): Json {
  let document: Json
  try {
    document = JSON.parse(line) as Json
  } catch {
    throw refused(400, 'document_parsing_exception', 'failed to parse')
  }
  const keys = ownKeys(line)
  const twice = keys.find((key, index) => keys.indexOf(key) !== index)
  if (twice === undefined) return document
  throw new Refused(
    { status: 400, type: 'document_parsing_exception', reason: `failed to parse: Duplicate field '${twice}'` },
    document,
  )
}

function checkTime(document: Json): void {
  const time = document['@timestamp']
  const reason =
    time === undefined
      ? 'data stream timestamp field [@timestamp] is missing'
      : typeof time === 'string' && !Number.isNaN(Date.parse(time))
        ? undefined
        : `failed to parse field [@timestamp] of type [date]`
  if (reason !== undefined) throw new Refused({ status: 400, type: 'document_parsing_exception', reason }, document)
}
