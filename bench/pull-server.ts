// The source that pulling is measured against, in a process of its own: answers like those of ZITADEL's event API, cut from one prebuilt
// text on a bare socket, so that it costs a fraction of what it measures. One event each millisecond. Started by `pull.ts`.
import { createServer, type Socket } from 'node:net'

/** What the parent tells: how much there is, and how it comes to be seen. */
export interface PullPlan {
  readonly events: number
  /** When the first event happened, ms. */
  readonly firstAt: number
  /** How much of it is seen at first, and comes to be seen with each pull; null: all at once. */
  readonly stepMs: number | null
}

export interface PullServerNews {
  readonly type: 'listening' | 'report'
  readonly port: number
  /** Events that were shown, each time counted. */
  readonly shown: number
  readonly cpuMs: number
}

const limit = 1_000
/** A Date header has no milliseconds: the last events are seen when a little more time has passed. */
const marginMs = 2_000
const headEnd = Buffer.from('\r\n\r\n')

let text = Buffer.alloc(0)
let starts = new Float64Array(0)
let plan: PullPlan = { events: 0, firstAt: 0, stepMs: null }
let now = 0
let shown = 0
let lastFrom = 0
let stepped = false

const server = createServer((socket) => serve(socket))
process.on('message', (message: PullPlan | 'report') => {
  if (message === 'report') return tell('report')
  prepare(message)
  server.listen(0, '127.0.0.1', () => tell('listening'))
})
process.on('disconnect', () => process.exit(0))

function prepare(wanted: PullPlan): void {
  plan = wanted
  const events = Array.from({ length: plan.events }, (_, ordinal) => Buffer.from(event(ordinal)))
  text = Buffer.concat(events.flatMap((one) => [one, Buffer.from(',')]))
  starts = new Float64Array(plan.events + 1)
  for (const [index, one] of events.entries()) starts[index + 1] = (starts[index] as number) + one.length + 1
  now = plan.firstAt + (plan.stepMs ?? plan.events + marginMs)
}

/** About 600 bytes; the ordinal stands where the sink looks for it when ids begin with "b|user|". */
function event(ordinal: number): string {
  const date = new Date(plan.firstAt + ordinal).toISOString()
  const id = `00000000000000000${ordinal.toString(16).padStart(12, '0')}`
  const user = `2${String(ordinal % 2_000).padStart(17, '0')}`
  return (
    `{"editor":{"userId":"${user}","displayName":"Zoë Lindqvist ${ordinal % 97}","service":"zitadel"},` +
    `"aggregate":{"id":"${id}","type":{"type":"user","localized":{"key":"AggregateTypes.user","localizedMessage":"User"}},"resourceOwner":"1000000000000000${ordinal % 8}"},` +
    `"sequence":"${ordinal % 50}","creationDate":"${date}","payload":{"userAgentID":"3${ordinal}","browserInfo":{"userAgent":"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0","acceptLanguage":"de-CH,de;q=0.9","remoteIP":"192.0.2.${ordinal % 256}"},"big":9223372036854775807},` +
    `"type":{"type":"user.human.password.check.succeeded","localized":{"key":"EventTypes.user.human.password.check.succeeded","localizedMessage":"Password check succeeded"}}}`
  )
}

function serve(socket: Socket): void {
  let pending: Buffer = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    for (;;) {
      const head = pending.indexOf(headEnd)
      if (head < 0) return
      const length = /content-length: *(\d+)/i.exec(pending.toString('latin1', 0, head))?.[1] ?? '0'
      const end = head + headEnd.length + Number(length)
      if (pending.length < end) return
      answer(socket, pending.toString('latin1', head + headEnd.length, end))
      pending = pending.subarray(end)
    }
  })
}

function answer(socket: Socket, body: string): void {
  const [, since = '', until = ''] = /"since":"([^"]+)","until":"([^"]+)"/.exec(body) ?? []
  // Both bounds are left out; the first has six digits, one microsecond before what is wanted.
  const from = Math.max(0, Math.floor(Date.parse(since)) + 1 - plan.firstAt)
  const wanted = Math.ceil(Date.parse(until)) - plan.firstAt
  const to = Math.min(wanted, plan.events, now - plan.firstAt)
  // A pull begins behind where the one before it ended; each shows a step more.
  if (from < lastFrom) stepped = false
  lastFrom = from
  if (plan.stepMs !== null && !stepped && wanted >= now - plan.firstAt - marginMs) {
    now += plan.stepMs
    stepped = true
  }
  const last = Math.min(to, from + limit)
  shown += Math.max(0, last - from)
  const events = last > from ? text.subarray(starts[from], (starts[last] as number) - 1) : undefined
  const content = events ? events.length + 13 : 2
  const date = new Date(now).toUTCString()
  socket.cork()
  socket.write(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: ${date}\r\ncontent-length: ${content}\r\n\r\n` +
      (events ? '{"events":[' : '{}'),
  )
  if (events) {
    socket.write(events)
    socket.write(']}')
  }
  socket.uncork()
}

function tell(type: PullServerNews['type']): void {
  const { user, system } = process.cpuUsage()
  const port = (server.address() as { port: number }).port
  const news: PullServerNews = { type, port, shown, cpuMs: (user + system) / 1000 }
  process.send?.(news)
}
