// The HTTP client of one source or destination, over undici: a pool of connections for each origin, one deadline for all of a
// request, no redirects, TLS verified. Addresses come from the operator and are therefore trusted, but for those that are said to be
// given by a server.
import { acceptEncoding, decoded } from './content-encoding.ts'
import { leadsElsewhere, withoutCredentials } from './given-address.ts'
import { httpErrorOf } from './http-errors.ts'
import { Exchange } from './http-exchange.ts'
import { Pools, type PoolsOptions } from './http-pools.ts'
import { type HttpClient, HttpError, type HttpReply, type HttpRequest } from './http.ts'

export interface HttpClientOptions extends PoolsOptions {
  /** How much of an answer is kept, after decompression; 64 KiB. */
  readonly bodyBytes?: number
  /** Ask for compressed answers, and undo the compression. */
  readonly decode?: boolean
}

const defaultBodyBytes = 64 * 1024
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
  readonly #pools: Pools
  readonly #exchanges = new Set<Exchange>()
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: HttpClientOptions) {
    this.#options = options
    const { bodyBytes: _bytes, decode: _decode, ...pools } = options
    this.#pools = new Pools(pools)
  }

  async request(request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    signal.throwIfAborted()
    if (this.#closed) throw new HttpError('broken', 'the connection pool is closed')
    const route = this.#routeOf(request.url)
    const way = this.#wayTo(route.origin)
    const keptBytes = request.replyBytes ?? this.#options.bodyBytes ?? defaultBodyBytes
    const exchange = new Exchange(way, keptBytes)
    const stop = (): void => exchange.stop(signal.reason as Error)
    signal.addEventListener('abort', stop)
    this.#watch(exchange)
    try {
      void this.#dispatch(exchange, route, request)
      const reply = await exchange.reply
      return this.#options.decode === true ? await decoded(reply, keptBytes, way) : reply
    } finally {
      this.#exchanges.delete(exchange)
      signal.removeEventListener('abort', stop)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled([...this.#exchanges].map((exchange) => exchange.reply))
    clearTimeout(this.#timer)
    await this.#pools.destroy()
  }

  /** Every failure goes to the exchange. */
  async #dispatch(exchange: Exchange, { origin, path }: Route, request: HttpRequest): Promise<void> {
    const { method, url, given, body = null } = request
    const asked =
      this.#options.decode === true ? { 'accept-encoding': acceptEncoding, ...request.headers } : request.headers
    try {
      const elsewhere = given !== undefined && leadsElsewhere(new URL(url), given)
      const headers = elsewhere ? withoutCredentials(asked) : asked
      const pool = elsewhere
        ? await this.#pools.toElsewhere(new URL(url), given.operatorUrl)
        : await this.#pools.to(origin)
      pool.dispatch({ origin, path, method, headers, body }, exchange)
    } catch (error) {
      exchange.stop(httpErrorOf(error, this.#wayTo(origin)))
    }
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
