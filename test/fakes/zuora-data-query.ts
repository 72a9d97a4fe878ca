// Data Query of the fake Zuora ("Submit a data query", "Retrieve a data query job", "Construct SQL Queries in Data Query"): the SQL that the
// documents' samples are made of and nothing else, jobs that take a while, a result cut off at LIMIT without a word, a file on another host
// that takes no second kind of credentials.
import type { Answer, Received, Receiver } from './http-receiver.ts'

export interface TrailRecord {
  readonly id: string
  readonly timestamp: string
  /** When the record was made: the day of its partition. Default: its timestamp. */
  readonly createddate?: string
  readonly [column: string]: unknown
}

interface Job {
  readonly id: string
  readonly query: string
  polls: number
}

const TABLES = ['auditloginevent', 'auditsettingchangeevent', 'auditobjectchangeevent']
const SQL =
  /^SELECT \* FROM (\w+) WHERE (.+?) AND "timestamp" >= from_iso8601_timestamp\('([^']+)'\) AND "timestamp" < from_iso8601_timestamp\('([^']+)'\) LIMIT (\d+)$/u
const MONTH = /year = (\d{4}) AND month = (\d{1,2}) AND day IN \(([\d, ]+)\)/gu
const REQUIRED = ['query', 'outputFormat', 'compression', 'output']

export class FakeDataQuery {
  readonly tables = new Map<string, TrailRecord[]>(TABLES.map((name) => [name, []]))
  /** How often a job is asked for before it is done. */
  polls = 0
  /** What becomes of jobs. */
  end: 'completed' | 'failed' | 'cancelled' = 'completed'
  /** A result without rows has no file. */
  emptyWithoutFile = true
  readonly jobs: Job[] = []
  readonly files: Receiver
  readonly #contents = new Map<string, string>()

  constructor(files: Receiver) {
    this.files = files
    files.answer((request) => this.#file(request))
  }

  add(table: string, ...records: readonly TrailRecord[]): void {
    this.tables.get(table)?.push(...records)
  }

  answer({ method, path, body }: Received): Answer {
    if (method === 'POST' && path === '/query/jobs') return this.#submit(body)
    if (method === 'GET' && /^\/query\/jobs(\?|$)/u.test(path)) return json({ data: [] })
    const job = this.jobs.find(({ id }) => path === `/query/jobs/${id}`)
    return job ? this.#state(job) : json({ code: 404, message: 'no such job' }, 404)
  }

  #submit(body: Buffer): Answer {
    const given = JSON.parse(body.toString()) as Record<string, unknown>
    if (REQUIRED.some((member) => given[member] === undefined))
      return json({ code: 400, message: 'Unable to process JSON' }, 400)
    const query = String(given['query'])
    const [, table = ''] = SQL.exec(query) ?? []
    if (!this.tables.has(table)) return json({ code: 400, message: `line 1:1: mismatched input in ${query}` }, 400)
    const job = { id: `3a3e85c4-96e7-486b-ae02-${String(this.jobs.length).padStart(12, '0')}`, query, polls: 0 }
    this.jobs.push(job)
    return json({ data: { id: job.id, query, sourceData: 'LIVE', queryStatus: 'accepted', remainingRetries: 3 } })
  }

  #state(job: Job): Answer {
    const common = { id: job.id, query: job.query, sourceData: 'LIVE', remainingRetries: 3 }
    if (job.polls++ < this.polls)
      return json({ data: { ...common, queryStatus: job.polls === 1 ? 'accepted' : 'in_progress' } })
    if (this.end !== 'completed') return json({ data: { ...common, queryStatus: this.end } })
    const rows = this.#rows(job.query)
    const name = `/${job.id}_1.json`
    this.#contents.set(name, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const file =
      rows.length === 0 && this.emptyWithoutFile
        ? {}
        : { dataFile: `${this.files.url}${name}?X-Amz-Signature=presigned` }
    return json({ data: { ...common, queryStatus: 'completed', ...file, outputRows: rows.length, processingTime: 12 } })
  }

  #rows(query: string): TrailRecord[] {
    const [, table = '', days = '', from = '', to = '', limit = ''] = SQL.exec(query) ?? []
    const partitions = new Set(
      [...days.matchAll(MONTH)].flatMap(([, year, month, list = '']) =>
        list.split(', ').map((day) => `${year}-${month}-${day}`),
      ),
    )
    return (this.tables.get(table) ?? [])
      .filter(({ timestamp, createddate = timestamp }) => {
        const made = new Date(createddate)
        const day = `${made.getUTCFullYear()}-${made.getUTCMonth() + 1}-${made.getUTCDate()}`
        const at = Date.parse(timestamp)
        return partitions.has(day) && at >= Date.parse(from) && at < Date.parse(to)
      })
      .slice(0, Number(limit))
  }

  #file({ path, headers }: Received): Answer {
    const { pathname, searchParams } = new URL(path, 'http://s3')
    if (headers['authorization'] !== undefined)
      return {
        status: 400,
        body: '<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>',
      }
    const content = this.#contents.get(pathname)
    if (searchParams.get('X-Amz-Signature') !== 'presigned' || content === undefined)
      return { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }
    return { headers: { 'content-type': 'binary/octet-stream' }, body: content }
  }
}

function json(body: unknown, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
