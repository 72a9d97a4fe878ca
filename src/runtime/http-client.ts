// The HTTP client of one source or destination, over undici: a pool of connections for each origin, one deadline for all of a
// request, no redirects, TLS verified. Addresses come from the operator and are therefore trusted; whoever takes an address from
// a server has to check it before it comes here.
import type { Dispatcher } from 'undici'
import { type Connection, openPool } from './http-connection.ts'
import { httpErrorOf } from './http-errors.ts'
import { Exchange } from './http-exchange.ts'
import { type HttpClient, HttpError, type HttpReply, type HttpRequest } from './http.ts'

export interface HttpClientOptions extends Connection {
  /** Connections for each origin; more requests wait for one. */
  readonly inFlight: number
  /** From the call to the end of the answer, waiting for a connection included. */
  readonly timeoutMs: number
  /** How much of an answer is kept; 64 KiB. */
  readonly bodyBytes?: number
}

const defaultBodyBytes = 64 * 1024
const longestConnectMs = 10_000
/** Connections are not used for longer, so that a changed address of a name is noticed under constant load. */
const connectionLifeMs = 300_000
/** Timers beyond 2^31 ms fire at once. */
const longestTimerMs = 30_000
const knownUrls = 256

interface Route {
  readonly origin: string
  readonly path: string
}

/** Opens nothing until the first request. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  return new PooledClient(options)
}

class PooledClient implements HttpClient {
  readonly #options: HttpClientOptions
  readonly #routes = new Map<string, Route>()
  readonly #pools = new Map<string, Promise<Dispatcher>>()
  readonly #exchanges = new Set<Exchange>()
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: HttpClientOptions) {
    this.#options = options
  }

  async request(request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    signal.throwIfAborted()
    if (this.#closed) throw new HttpError('broken', 'the connection pool is closed')
    const { origin, path } = this.#routeOf(request.url)
    const exchange = new Exchange(
      this.#wayTo(origin),
      request.replyBytes ?? this.#options.bodyBytes ?? defaultBodyBytes,
    )
    const stop = (): void => exchange.stop(signal.reason as Error)
    signal.addEventListener('abort', stop)
    this.#watch(exchange)
    try {
      void this.#dispatch(exchange, origin, path, request)
      return await exchange.reply
    } finally {
      this.#exchanges.delete(exchange)
      signal.removeEventListener('abort', stop)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled([...this.#exchanges].map((exchange) => exchange.reply))
    clearTimeout(this.#timer)
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.then((open) => open.destroy()).catch(() => {})))
  }

  /** Every failure goes to the exchange. */
  async #dispatch(exchange: Exchange, origin: string, path: string, request: HttpRequest): Promise<void> {
    const { method, headers, body = null } = request
    try {
      const pool = await this.#pool(origin)
      pool.dispatch({ origin, path, method, headers, body }, exchange)
    } catch (error) {
      exchange.stop(error instanceof HttpError ? error : httpErrorOf(error, this.#wayTo(origin)))
    }
  }

  /** One that could not be opened is opened anew by the next request: a file may be there by then. */
  async #pool(origin: string): Promise<Dispatcher> {
    const { inFlight: connections, timeoutMs, bodyBytes: _, ...connection } = this.#options
    const known = this.#pools.get(origin)
    if (known) return known
    const connectMs = Math.min(timeoutMs, longestConnectMs)
    const opening = openPool(origin, { ...connection, connections, connectMs, lifeMs: connectionLifeMs })
    this.#pools.set(origin, opening)
    opening.catch(() => this.#pools.delete(origin))
    return opening
  }

  /** For messages: where it goes, and by what way. */
  #wayTo(origin: string): string {
    const { proxy } = this.#options
    return proxy === undefined ? origin : `${origin} through the proxy ${URL.parse(proxy)?.host ?? ''}`
  }

  #routeOf(url: string): Route {
    const known = this.#routes.get(url)
    if (known) return known
    const parsed = URL.parse(url)
    if (!parsed || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:'))
      throw new HttpError('address', 'not an http or https address')
    const route = { origin: parsed.origin, path: `${parsed.pathname}${parsed.search}` }
    if (this.#routes.size >= knownUrls) this.#routes.clear()
    this.#routes.set(url, route)
    return route
  }

  /** All requests have the same time, so the oldest expires first and one timer serves them all. */
  #watch(exchange: Exchange): void {
    this.#exchanges.add(exchange)
    this.#timer ??= this.#arm(exchange)
  }

  #arm(oldest: Exchange): NodeJS.Timeout {
    const left = oldest.startedAt + this.#options.timeoutMs - performance.now()
    return setTimeout(() => this.#expire(), Math.min(Math.max(1, left), longestTimerMs)).unref()
  }

  #expire(): void {
    const { timeoutMs } = this.#options
    this.#timer = undefined
    for (const exchange of this.#exchanges) {
      if (exchange.startedAt + timeoutMs > performance.now()) {
        this.#timer = this.#arm(exchange)
        return
      }
      this.#exchanges.delete(exchange)
      exchange.expire(timeoutMs)
    }
  }
}
