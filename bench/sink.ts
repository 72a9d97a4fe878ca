// The receiver that the benchmark measures against, in a process of its own: HTTP/1.1 on a bare socket, so that it costs a fraction
// of what it measures. Every event is looked up by the ordinal in its id; nothing is taken on trust. Started by `receiver.ts`.
import { createServer, type Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** What the parent tells the sink: what to expect from now on. */
export interface Expectation {
  readonly type: 'expect'
  /** Ordinals run from 0 to `events - 1`, once at each of `paths` paths (`/0`, `/1`, …). */
  readonly events: number
  readonly paths: number
  /** Milliseconds to wait before answering. */
  readonly delayMs: number
  /** Whether to keep when each event of path `/0` came. */
  readonly stamps: boolean
}

export type SinkCommand = Expectation | { readonly type: 'report' }

export interface SinkReport {
  readonly type: 'report'
  readonly received: number
  readonly unique: number
  /** Events whose id is none of those expected. */
  readonly foreign: number
  readonly requests: number
  /** Monotonic milliseconds, the same clock in every process of the machine; 0 when nothing came. */
  readonly firstAt: number
  readonly lastAt: number
  readonly cpuMs: number
  /** When each event came, monotonic milliseconds, 0 for those that did not. */
  readonly stamps: readonly number[]
}

export type SinkNews =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'first' | 'all'; readonly at: number }
  | SinkReport

const marker = Buffer.from('"event_id":"')
/** A Splunk envelope holds the id a second time, beside the event. */
const envelope = Buffer.from('{"time":')
const eventInEnvelope = Buffer.from('"event":{"event_id":"')
/** OCSF and ECS hold the event as it was read as text in a text, and its id only there under this name. */
const markerInText = Buffer.from('\\"event_id\\":\\"')
const BACKSLASH = 0x5c
const PIPE = 0x7c
/** From the end of a marker to the ordinal. */
const ordinalOffset = 24
const ordinalDigits = 12
const headEnd = Buffer.from('\r\n\r\n')
/** What Datadog says, of whose entries only the status tells whether they were taken. */
const taken = Buffer.from('HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}')
/** What a Splunk collector says; to a webhook only the status matters. */
const accepted = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{"text":"Success","code":0}')

let expected: Expectation = { type: 'expect', events: 0, paths: 1, delayMs: 0, stamps: false }
let seen: Uint8Array[] = []
let stamps = new Float64Array(0)
let counts = { received: 0, unique: 0, foreign: 0, requests: 0, firstAt: 0, lastAt: 0 }
let cpuBefore = process.cpuUsage()

/** Milliseconds of the machine's monotonic clock. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

if (process.send !== undefined) serve()

function serve(): void {
  const server = createServer({ noDelay: true }, (socket) => new Connection(socket))
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address !== null && typeof address === 'object') tell({ type: 'listening', port: address.port })
  })
  process.on('message', (command: SinkCommand) => (command.type === 'expect' ? expect(command) : report()))
  process.on('disconnect', () => process.exit(0))
}

function tell(news: SinkNews): void {
  process.send?.(news)
}

function expect(command: Expectation): void {
  expected = command
  seen = Array.from({ length: command.paths }, () => new Uint8Array((command.events + 7) >> 3))
  stamps = new Float64Array(command.stamps ? command.events : 0)
  counts = { received: 0, unique: 0, foreign: 0, requests: 0, firstAt: 0, lastAt: 0 }
  cpuBefore = process.cpuUsage()
}

function report(): void {
  const { user, system } = process.cpuUsage(cpuBefore)
  tell({ type: 'report', ...counts, cpuMs: (user + system) / 1000, stamps: [...stamps] })
}

/** Reads requests off one connection, one after the other. */
class Connection {
  readonly #socket: Socket
  #chunks: Buffer[] = []
  #bytes = 0
  /** Bytes that the present request needs in all, 0 while its head is incomplete. */
  #needed = 0
  #bodyAt = 0
  #path = 0
  #packed = false
  #reply: (events: number) => Buffer = () => accepted

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', () => socket.destroy())
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    while (this.#bytes > 0 && this.#bytes >= this.#needed) {
      const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
      this.#chunks = [all]
      if (this.#needed === 0 && !this.#head(all)) return
      if (all.length < this.#needed) return
      const body = all.subarray(this.#bodyAt, this.#needed)
      const events = receive(this.#packed ? gunzipSync(body) : body, this.#path)
      this.#answer(this.#reply(events))
      this.#bytes -= this.#needed
      this.#chunks = this.#bytes > 0 ? [all.subarray(this.#needed)] : []
      this.#needed = 0
    }
  }

  #head(all: Buffer): boolean {
    const end = all.indexOf(headEnd)
    if (end < 0) return false
    const head = all.toString('latin1', 0, end)
    const length = /\ncontent-length: *(\d+)/i.exec(head)
    if (length === null) throw new Error(`the sink needs a content-length: ${head}`)
    this.#packed = /\ncontent-encoding: *gzip/i.test(head)
    this.#reply = replyAt(head)
    this.#path = head.charCodeAt(head.indexOf('/') + 1) - 0x30
    this.#bodyAt = end + headEnd.length
    this.#needed = this.#bodyAt + Number(length[1])
    return true
  }

  #answer(reply: Buffer): void {
    if (expected.delayMs === 0) this.#socket.write(reply)
    else setTimeout(() => this.#socket.write(reply), expected.delayMs)
  }
}

/** What the receiver of this kind says to a request of so many events. */
function replyAt(head: string): (events: number) => Buffer {
  if (head.includes('/api/v2/logs ')) return () => taken
  return head.includes('/_bulk') ? created : () => accepted
}

/** The answer of a bulk API, as `filter_path` leaves it. */
function created(events: number): Buffer {
  const items = Array.from({ length: events }, () => '{"create":{"status":201}}').join(',')
  const body = `{"errors":false,"items":[${items}]}`
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}

/** How many events there were. */
function receive(body: Buffer, path: number): number {
  const now = monotonicMs()
  if (counts.requests++ === 0) {
    counts.firstAt = now
    tell({ type: 'first', at: now })
  }
  const missing = counts.unique < expected.events * expected.paths
  const before = counts.received
  const mark = markOf(body)
  const ordinalAt = mark.length + ordinalOffset
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + ordinalAt))
    note(body, at + ordinalAt, path, now)
  counts.lastAt = now
  if (missing && counts.unique === expected.events * expected.paths) tell({ type: 'all', at: now })
  return counts.received - before
}

/** What stands before the id of each event of a body. */
function markOf(body: Buffer): Buffer {
  if (body.subarray(0, envelope.length).equals(envelope)) return eventInEnvelope
  return body.includes(marker) ? marker : markerInText
}

function note(body: Buffer, at: number, path: number, now: number): void {
  counts.received++
  const ordinal = ordinalOf(body, at)
  const map = seen[path]
  if (map === undefined || ordinal < 0 || ordinal >= expected.events) return void counts.foreign++
  const bit = 1 << (ordinal & 7)
  if (((map[ordinal >> 3] as number) & bit) !== 0) return
  map[ordinal >> 3] = (map[ordinal >> 3] as number) | bit
  counts.unique++
  if (expected.stamps && path === 0) stamps[ordinal] = now
}

/** The hexadecimal number at `at`, or -1 when it does not end in a quotation mark, escaped or not, or before another part of the id. */
function ordinalOf(body: Buffer, at: number): number {
  let ordinal = 0
  for (let index = at; index < at + ordinalDigits; index++) {
    const byte = body[index] ?? 0
    ordinal = ordinal * 16 + (byte < 0x3a ? byte - 0x30 : byte - 0x57)
  }
  const end = body[at + ordinalDigits]
  return end === 0x22 || end === BACKSLASH || end === PIPE ? ordinal : -1
}
