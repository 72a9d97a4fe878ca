// Watches what a source asks over HTTP: each request, its answer or why there was none, and how long it took.
import type { Clock } from '../../runtime/clock.ts'
import type { HttpClient, HttpReply, HttpRequest } from '../../runtime/http.ts'

/** Nothing is hidden in it yet. */
export interface Recorded {
  readonly request: HttpRequest
  /** What came back; undefined while nothing has. */
  reply?: KeptReply
  /** Why nothing came back. */
  failure?: unknown
  tookMs: number
}

export interface KeptReply extends Pick<HttpReply, 'status' | 'headers' | 'truncated'> {
  /** The beginning of the body, and how long all of it is. */
  readonly start: Uint8Array
  readonly bytes: number
  /** Wall clock, ms. */
  readonly at: number
}

/** Enough to show, and to find in it what must not be shown. */
const keptBytes = 64 * 1024

export class Recorder {
  readonly exchanges: Recorded[] = []
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The client, watched. */
  around(client: HttpClient): HttpClient {
    return {
      request: (request, signal) => this.#watched(client, request, signal),
      close: () => client.close(),
    }
  }

  async #watched(client: HttpClient, request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    const recorded: Recorded = { request, tookMs: 0 }
    this.exchanges.push(recorded)
    const started = this.#clock.monotonic()
    try {
      const reply = await client.request(request, signal)
      const { status, headers, truncated, body } = reply
      const start = Uint8Array.from(body.subarray(0, keptBytes))
      recorded.reply = { status, headers, truncated, start, bytes: body.length, at: this.#clock.now() }
      return reply
    } catch (error) {
      recorded.failure = error
      throw error
    } finally {
      recorded.tookMs = this.#clock.monotonic() - started
    }
  }
}
