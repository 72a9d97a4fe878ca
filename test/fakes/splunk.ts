// A Splunk HTTP Event Collector on loopback, made from its documentation: "Format events for HTTP Event Collector", "Troubleshoot HTTP
// Event Collector", "About HTTP Event Collector Indexer Acknowledgment". It refuses what the real one refuses, and has its traps: it
// stores what stands before an event that it refuses, forgets an acknowledgement once it was read, and counts from 0 after a restart.
import { gunzipSync } from 'node:zlib'
import { type Answer, type Received, type Receiver, startReceiver } from './http-receiver.ts'
import { concatenated, type Envelope, faultOf } from './splunk-body.ts'

interface Token {
  readonly disabled?: boolean
  /** The token wants a channel, and gives numbers to ask about. */
  readonly ack?: boolean
  /** Only into these may it write; any, unless given. */
  readonly indexes?: readonly string[]
}

interface Channel {
  next: number
  /** Requests that nobody has heard of yet: do the indexers have them? */
  readonly unread: Map<number, boolean>
}

const eventPaths = new Set([
  '/services/collector',
  '/services/collector/event',
  '/services/collector/1.0',
  '/services/collector/event/1.0',
])
const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

class Refused extends Error {
  readonly answer: Answer
  constructor(answer: Answer) {
    super('refused')
    this.answer = answer
  }
}

const answers = {
  tokenDisabled: said(403, 'Token disabled', 1),
  tokenRequired: said(401, 'Token is required', 2),
  invalidAuthorization: said(401, 'Invalid authorization', 3),
  invalidToken: said(403, 'Invalid token', 4),
  noData: said(400, 'No data', 5),
  busy: said(503, 'Server is busy', 9),
  channelMissing: said(400, 'Data channel is missing', 10),
  invalidChannel: said(400, 'Invalid data channel', 11),
  ackDisabled: said(400, 'ACK is disabled', 14),
  healthy: said(200, 'HEC is healthy', 17),
  unhealthy: said(503, 'HEC is unhealthy, queues are full', 18),
  shuttingDown: said(503, 'Server is shutting down', 23),
  notFound: said(404, 'The requested URL was not found on this server.', 404),
  tooLarge: {
    status: 413,
    headers: { 'content-type': 'text/html' },
    body: '<!doctype html><html><head><title>413 Content-Length Too Large</title></head><body><h1>Content-Length Too Large</h1></body></html>',
  },
} as const satisfies Readonly<Record<string, Answer>>

export function said(status: number, text: string, code: number, more: object = {}): Answer {
  const body = JSON.stringify({ text, code, ...more })
  return { status, headers: { 'content-type': 'application/json; charset=UTF-8' }, body }
}

export class FakeSplunk {
  readonly receiver: Receiver
  /** What is stored, in the order of arrival. */
  readonly stored: Envelope[] = []
  readonly tokens = new Map<string, Token>()
  /** Requests whose body is larger are refused by a page. */
  maxContentLength = Infinity
  health: 'fine' | 'busy' | 'nearly full' | 'shutting down' = 'fine'
  /** Answers before anything else is looked at. */
  instead: ((request: Received) => Answer | undefined) | undefined
  /** Changes an answer to events after they were stored. */
  after: ((answer: Answer) => Answer) | undefined
  /** The same for the answer to a question, which has been forgotten by then. */
  afterAsking: ((answer: Answer) => Answer) | undefined
  /** How much of `stored` would survive a restart. */
  #indexed = 0
  #channels = new Map<string, Channel>()

  static async start(token: string, about: Token = {}): Promise<FakeSplunk> {
    return new FakeSplunk(await startReceiver(), token, about)
  }

  private constructor(receiver: Receiver, token: string, about: Token) {
    this.receiver = receiver
    this.tokens.set(token, about)
    receiver.answer((request) => this.#answer(request))
  }

  get url(): string {
    return this.receiver.url
  }

  /** The requests to one path. */
  requests(path: string): readonly Received[] {
    return this.receiver.requests.filter((request) => request.path.split('?')[0] === `/services/collector/${path}`)
  }

  /** The indexers have everything that was taken so far. */
  index(): void {
    this.#indexed = this.stored.length
    for (const { unread } of this.#channels.values()) for (const ackId of unread.keys()) unread.set(ackId, true)
  }

  /** What was not indexed is lost, and so is what is known of channels. */
  restart(): void {
    this.stored.length = this.#indexed
    this.#channels = new Map()
  }

  close(): Promise<void> {
    return this.receiver.close()
  }

  #answer(request: Received): Answer {
    try {
      return this.instead?.(request) ?? this.#answerOf(request)
    } catch (error) {
      if (error instanceof Refused) return error.answer
      throw error
    }
  }

  #answerOf(request: Received): Answer {
    const { pathname, searchParams } = new URL(request.path, this.url)
    if (pathname === '/services/collector/health' && request.method === 'GET') return this.#healthAnswer()
    const isEvents = eventPaths.has(pathname)
    if (request.method !== 'POST' || (!isEvents && pathname !== '/services/collector/ack')) return answers.notFound
    if (request.body.length > this.maxContentLength) return answers.tooLarge
    const token = this.#tokenOf(request)
    const channel = request.headers['x-splunk-request-channel'] ?? searchParams.get('channel') ?? undefined
    if (isEvents) return this.#take(request, token, channel)
    if (!token.ack) return answers.ackDisabled
    return this.#acknowledge(this.#channelOf(channel), request)
  }

  #healthAnswer(): Answer {
    if (this.health === 'busy') return answers.unhealthy
    if (this.health === 'shutting down') return answers.shuttingDown
    return this.health === 'fine' ? answers.healthy : nearlyFull
  }

  #tokenOf({ headers }: Received): Token {
    const { authorization } = headers
    if (authorization === undefined) throw new Refused(answers.tokenRequired)
    const name = /^Splunk (\S+)$/.exec(authorization)?.[1]
    if (name === undefined) throw new Refused(answers.invalidAuthorization)
    const token = this.tokens.get(name)
    if (!token) throw new Refused(answers.invalidToken)
    if (token.disabled) throw new Refused(answers.tokenDisabled)
    return token
  }

  #take(request: Received, token: Token, channelId: string | undefined): Answer {
    if (this.health === 'busy') return answers.busy
    if (this.health === 'shutting down') return answers.shuttingDown
    if (token.ack && channelId === undefined) return answers.channelMissing
    const channel = token.ack ? this.#channelOf(channelId) : undefined
    const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(request.body) : request.body
    if (bytes.toString().trim() === '') return answers.noData
    this.#store(bytes.toString(), token)
    const more = channel ? { ackId: channel.next++ } : {}
    if (more.ackId !== undefined) channel?.unread.set(more.ackId, false)
    const answer =
      this.health === 'nearly full'
        ? said(200, 'HEC is healthy, queue near capacity', 24, more)
        : said(200, 'Success', 0, more)
    return this.after?.(answer) ?? answer
  }

  /** One event after the other: those before the first that is wrong stay. */
  #store(text: string, token: Token): void {
    let number = 0
    for (const value of concatenated(text)) {
      const fault = faultOf(value, token.indexes)
      if (fault) throw new Refused(said(400, fault.text, fault.code, { 'invalid-event-number': number }))
      this.stored.push(value as Envelope)
      number++
    }
  }

  #channelOf(id: string | undefined): Channel {
    if (id === undefined) throw new Refused(answers.channelMissing)
    if (!guid.test(id)) throw new Refused(answers.invalidChannel)
    let channel = this.#channels.get(id.toLowerCase())
    if (!channel) this.#channels.set(id.toLowerCase(), (channel = { next: 0, unread: new Map() }))
    return channel
  }

  /** A `true` is said once. */
  #acknowledge({ unread }: Channel, request: Received): Answer {
    const { acks } = JSON.parse(request.body.toString()) as { acks: number[] }
    const known = acks.map((ackId) => [ackId, unread.get(ackId) === true] as const)
    for (const [ackId, indexed] of known) if (indexed) unread.delete(ackId)
    const answer = { body: JSON.stringify({ acks: Object.fromEntries(known) }) }
    return this.afterAsking?.(answer) ?? answer
  }
}

const nearlyFull = said(200, 'HEC is healthy, queue near capacity', 24)
