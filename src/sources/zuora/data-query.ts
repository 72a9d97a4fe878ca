// The audit trail of a billing tenant in the words of the `http` source: a query is submitted, waited for, and its file fetched ("Submit a
// data query", "Retrieve a data query job"). Data Query is Trino ("Construct SQL Queries in Data Query").
import type { Window } from '../source.ts'
import { laid } from './audit-logs.ts'
import { eventOf, type Values } from './events.ts'
import type { TrailLog } from './logs.ts'
import { daysOf } from './partitions.ts'

type Tree = Readonly<Record<string, unknown>>

/** What the file says, with what is usual. */
export interface DataQueryGiven {
  readonly limit: number
  readonly every: number
  readonly timeout: number
  readonly days_around: number
  readonly source_data: 'LIVE' | 'WAREHOUSE'
  readonly hosts: readonly string[]
  readonly time_condition: string
  readonly logins?: Tree
  readonly settings?: Tree
  readonly objects?: Tree
}

export interface DataQueryOptions {
  readonly url: string
  readonly given: DataQueryGiven
  readonly headers: Tree
  readonly tenantId: string | undefined
  readonly values: Values
}

export const usualCondition = `"timestamp" >= from_iso8601_timestamp('{{from}}') AND "timestamp" < from_iso8601_timestamp('{{to}}')`

/** What reads one window: the days that it lies in stand in the query. */
export function trailDefinition(log: TrailLog, window: Window, options: DataQueryOptions): Tree {
  const { url, given, headers, tenantId, values } = options
  const { limit, every, timeout } = given
  const days = daysOf(window, given.days_around)
  const query = `SELECT * FROM ${log.table} WHERE ${days} AND ${given.time_condition} LIMIT ${limit}`
  const output = { outputFormat: 'JSON', compression: 'NONE', output: { target: 'S3' } }
  return {
    url,
    mode: 'window',
    time: { format: 'rfc3339_ms', bounds: 'half_open' },
    steps: [
      {
        name: 'job',
        request: { path: '/query/jobs', headers, body: { query, ...output, sourceData: given.source_data } },
      },
      {
        name: 'result',
        request: { path: '/query/jobs/{{steps.job.body.data.id}}', headers },
        until: { 'body.data.queryStatus': 'completed' },
        fail: { 'body.data.queryStatus': ['failed', 'cancelled'] },
        every: `${every}ms`,
        timeout: `${timeout}ms`,
      },
    ],
    request: { url: '{{steps.result.body.data.dataFile}}' },
    follow: { hosts: given.hosts },
    // A result without rows may have no file.
    errors: [{ body: { 'data.queryStatus': 'completed', 'data.outputRows': 0 }, do: 'skip' }],
    // As many rows as were asked for: there may be more, and nothing says so.
    records: { decode: 'ndjson', cut_at: limit },
    event: laid(eventOf(log, values, tenantId), given[log.subject]),
  }
}
