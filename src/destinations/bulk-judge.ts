// What an answer of the bulk API means, event by event: a request that was taken as a whole says so with 200, whatever became of the
// single events ("Bulk API", Elasticsearch and OpenSearch; "Failure store", Elastic).
import type { Batch } from '../model/batch.ts'
import { DELIVERED, forAll, type Reason, type Verdict } from '../model/verdict.ts'
import type { HttpReply } from '../runtime/http.ts'
import { judgeStatus } from './judge.ts'
import { printable } from '../runtime/scrub.ts'

interface Item {
  readonly status?: unknown
  readonly failure_store?: unknown
  readonly error?: {
    readonly type?: unknown
    readonly reason?: unknown
    readonly caused_by?: { readonly reason?: unknown }
  }
}

/** The parts of an answer that are read, for `filter_path`. Without it an answer is ten times as long. */
export const READ_PATHS = [
  'errors',
  'items.*.status',
  'items.*.failure_store',
  'items.*.error.type',
  'items.*.error.reason',
  'items.*.error.caused_by.reason',
]

/** Stored where refused documents are kept, instead of where searches look. */
const IN_FAILURE_STORE = remarked(
  'failure_store',
  'the receiver keeps it in its failure store, where searches do not look',
)
/** `create` answers 201; 200 says that an ingest pipeline of the operator's dropped it. */
const DROPPED = remarked('dropped_by_pipeline', 'an ingest pipeline of the receiver dropped it')

const HALT = new Set([401, 403, 404, 405])
/** Refusals that blame the set-up although their status blames the event. */
const SETUP = new Set([
  'invalid_index_name_exception',
  'index_closed_exception',
  'security_exception',
  // The cluster has as many shards as it may have: "this action would add [2] shards" ("Size your shards", Elastic).
  'validation_exception',
])
/** Types that may be codes: they are known, so what a receiver makes up cannot fill a table of causes. */
const KNOWN = new Set([
  ...SETUP,
  'circuit_breaking_exception',
  'cluster_block_exception',
  'document_parsing_exception',
  'es_rejected_execution_exception',
  'illegal_argument_exception',
  'index_not_found_exception',
  'json_parse_exception',
  'mapper_exception',
  'mapper_parsing_exception',
  'process_cluster_event_timeout_exception',
  'rejected_execution_exception',
  'strict_dynamic_mapping_exception',
  'unavailable_shards_exception',
  'version_conflict_engine_exception',
  'x_content_parse_exception',
])

const ADVICE: ReadonlyMap<string, string> = new Map([
  [
    'index_not_found_exception',
    'make the index template first, or check the name in index; see also data_stream and require_data_stream',
  ],
  ['cluster_block_exception', 'the index is blocked for writing: often its disk is full'],
  ['security_exception', 'the credentials may not write there: they need create_doc and auto_configure'],
  ['invalid_index_name_exception', 'change index of this destination'],
  ['index_closed_exception', 'open the index'],
  ['validation_exception', 'when it speaks of shards: delete old indices, or raise cluster.max_shards_per_node'],
])

const textLength = 300

/** One verdict for each event, in the order of the batch, as the items of the answer are. */
export function judgeBulk(reply: HttpReply, batch: Batch, nowMs: number): readonly Verdict[] {
  const count = batch.events.length
  if (reply.status < 200 || reply.status > 299) return judgeStatus(reply, count, nowMs)
  const items = itemsOf(reply)
  if (typeof items === 'string') return forAll(count, unknown('no_bulk_answer', items))
  if (items.length !== count)
    return forAll(count, unknown('items_missing', `the answer speaks of ${items.length} events instead of ${count}`))
  return items.map(verdictOf)
}

function remarked(code: string, text: string): Verdict {
  return { kind: 'delivered', remark: { code, text, status: 200 } }
}

/** Sent again whole: what is stored already answers with a conflict then. */
function unknown(code: string, text: string): Verdict {
  return { kind: 'retry', reason: { code, text, status: 200 } }
}

/** The items; a text says why they are not known. */
function itemsOf(reply: HttpReply): readonly unknown[] | string {
  if (reply.truncated) return 'the answer is longer than the relay reads'
  let answer: unknown
  try {
    answer = JSON.parse(Buffer.from(reply.body.buffer, reply.body.byteOffset, reply.body.byteLength).toString())
  } catch {
    return 'the answer is not JSON: check that the url leads to the database itself, not to its user interface or a login page'
  }
  const items = (answer as { items?: unknown } | null)?.items
  return Array.isArray(items) ? items : 'the answer is not that of a bulk request: check the url of this destination'
}

/** `{ create: { status, … } }`. */
function verdictOf(wrapped: unknown): Verdict {
  const item = Object.values((wrapped ?? {}) as Record<string, Item | null>)[0] ?? {}
  const { status, failure_store: failureStore } = item
  if (status === 201) return failureStore === 'used' ? IN_FAILURE_STORE : DELIVERED
  if (status === 200) return DROPPED
  if (typeof status !== 'number') return unknown('no_item_status', 'the answer does not say what became of this event')
  const type = typeof item.error?.type === 'string' ? item.error.type : ''
  if (status === 409 && (type === '' || type === 'version_conflict_engine_exception')) return DELIVERED
  const reason = reasonOf(status, type, item)
  if (HALT.has(status) || SETUP.has(type) || blamesSetup(status, item)) return { kind: 'halt', reason }
  if (status === 413) return { kind: 'reject', reason, split: true }
  return { kind: status === 400 || status === 422 ? 'reject' : 'retry', reason }
}

/** Sentences under a type that blames the event as often as not. */
const SETUP_SAID = /^(pipeline with id \[.*\] does not exist|no write index is defined for alias)/

function blamesSetup(status: number, { error }: Item): boolean {
  return status === 400 && typeof error?.reason === 'string' && SETUP_SAID.test(error.reason)
}

function reasonOf(status: number, type: string, { error, failure_store: failureStore }: Item): Reason {
  const said = [error?.reason, error?.caused_by?.reason].filter((text) => typeof text === 'string').join(': ')
  const what = printable(`${type.slice(0, 100)}${said === '' ? '' : `: ${said.slice(0, 4096)}`}`)
  const short = what.length > textLength ? `${what.slice(0, textLength - 1).toWellFormed()}…` : what
  const advice = ADVICE.get(type)
  const notes = [
    ...(failureStore === 'failed' ? ['the failure store could not take it either'] : []),
    ...(advice === undefined ? [] : [advice]),
  ]
  const text = `the receiver answered ${status} for this event${short === '' ? '' : `: ${short}`}`
  return {
    code: KNOWN.has(type)
      ? type
      : `item_${Number.isInteger(status) && status >= 100 && status <= 599 ? status : 'odd'}`,
    text: notes.length === 0 ? text : `${text} (${notes.join('; ')})`,
    status,
  }
}
