// The HTTP clients of one source, as its lanes share them: live requests go before those of a backfill, all together keep to the
// pace that the source allows, and every answer says what time the source has.
import { type HttpClient, HttpError, type HttpReply, type HttpRequest } from '../runtime/http.ts'
import { createHttpClient } from '../runtime/http-client.ts'
import type { Clock } from '../runtime/clock.ts'
import type { SourceHttpOptions } from '../sources/source.ts'
import type { SourceClock } from './source-clock.ts'

const defaultTimeoutMs = 60_000
const defaultBodyBytes = 64 * 1024 ** 2
/** Connections of one lane to one origin: a source may fetch a few things at once. */
const inFlight = 4
/** A server that says nothing for so long in the middle of an answer has gone. */
const longestIdleMs = 20_000

/** A client of its own for a source: compressed answers, and limits for every part of an exchange. */
export function sourceClient(options: SourceHttpOptions = {}): HttpClient {
  const { timeoutMs = defaultTimeoutMs, bodyBytes = defaultBodyBytes, perSecond: _pace, ...connection } = options
  const limits = { timeoutMs, headersMs: timeoutMs, idleMs: Math.min(timeoutMs, longestIdleMs), bodyBytes }
  return createHttpClient({ ...connection, ...limits, inFlight, decode: true })
}

/** `live` holds the sweeps, too: whatever is not `backfill` never waits for it. */
export type HttpLane = 'live' | 'backfill'

export interface SourceHttpParts {
  readonly clock: Clock
  readonly sourceClock: SourceClock
  /** A client with connections of its own; `sourceClient`. */
  readonly open?: (options: SourceHttpOptions) => HttpClient
}

/** One for each source. `http(lane)` is what the lane's `SourceTools.http` is. */
export class SourceHttp {
  readonly #parts: SourceHttpParts
  readonly #turnstile: Turnstile

  constructor(parts: SourceHttpParts) {
    this.#parts = parts
    this.#turnstile = new Turnstile(parts.clock)
  }

  /** Clients of a lane have connections of their own, so that none waits for an answer that another lane has asked for. */
  http(lane: HttpLane): (options?: SourceHttpOptions) => HttpClient {
    return (options = {}) => {
      const { open = sourceClient, sourceClock } = this.#parts
      const endPace = this.#turnstile.pace(options.perSecond ?? Infinity)
      return new LaneClient(open(options), { lane, turnstile: this.#turnstile, sourceClock, endPace })
    }
  }
}

interface Way {
  readonly lane: HttpLane
  readonly turnstile: Turnstile
  readonly sourceClock: SourceClock
  /** The pace that this client asked for counts no more. */
  endPace(): void
}

class LaneClient implements HttpClient {
  readonly #http: HttpClient
  readonly #way: Way
  readonly #closing = new AbortController()

  constructor(http: HttpClient, way: Way) {
    this.#http = http
    this.#way = way
  }

  async request(request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    const { lane, turnstile, sourceClock } = this.#way
    await turnstile.pass(lane, AbortSignal.any([signal, this.#closing.signal]))
    const reply = await this.#http.request(request, signal)
    if (isOfSource(request)) sourceClock.observe(reply.headers)
    return reply
  }

  async close(): Promise<void> {
    this.#closing.abort(new HttpError('broken', 'the connection pool is closed'))
    this.#way.endPace()
    await this.#http.close()
  }
}

function isOfSource({ given, url, elsewhere = false }: HttpRequest): boolean {
  if (elsewhere) return false
  return given === undefined || URL.parse(url)?.origin === URL.parse(given.operatorUrl)?.origin
}

/** Lets requests through one by one, no faster than the pace, those of the live lanes first. */
class Turnstile {
  readonly #clock: Clock
  readonly #waiting: Readonly<Record<HttpLane, Set<() => void>>> = { live: new Set(), backfill: new Set() }
  readonly #paces = new Set<{ readonly apartMs: number }>()
  /** Monotonic: the next request starts no earlier. */
  #nextAt = -Infinity
  /** Ends the wait for the pace when nobody is left. */
  #stop: AbortController | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Requests a second, until the function that is returned is called; of several the slowest counts. */
  pace(perSecond: number): () => void {
    const pace = { apartMs: 1000 / perSecond }
    this.#paces.add(pace)
    return () => void this.#paces.delete(pace)
  }

  /** Resolves when the request may start; rejects with the reason of the signal. */
  async pass(lane: HttpLane, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const stop = (): void => reject(signal.reason as Error)
    this.#waiting[lane].add(resolve)
    signal.addEventListener('abort', stop, { once: true })
    if (!this.#stop) void this.#run()
    try {
      await promise
    } finally {
      signal.removeEventListener('abort', stop)
      this.#waiting[lane].delete(resolve)
      if (!this.#first()) this.#stop?.abort()
    }
  }

  async #run(): Promise<void> {
    const { signal } = (this.#stop = new AbortController())
    // Whoever asks in the same turn is looked at together: a live request is not to be behind a backfill by chance.
    await Promise.resolve()
    while (!signal.aborted) {
      const left = this.#nextAt - this.#clock.monotonic()
      if (left > 0) await this.#clock.sleep(left, signal).catch(() => undefined)
      else if (!this.#letOneThrough()) break
      await Promise.resolve()
    }
    this.#stop = undefined
    if (this.#first()) void this.#run()
  }

  #letOneThrough(): boolean {
    const first = this.#first()
    if (!first) return false
    const apartMs = Math.max(0, ...[...this.#paces].map((pace) => pace.apartMs))
    this.#nextAt = this.#clock.monotonic() + apartMs
    for (const waiting of Object.values(this.#waiting)) waiting.delete(first)
    first()
    return true
  }

  #first(): (() => void) | undefined {
    const [live] = this.#waiting.live
    const [backfill] = this.#waiting.backfill
    return live ?? backfill
  }
}
