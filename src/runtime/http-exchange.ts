// One request on its way: gathers the answer up to a limit, and settles once whatever happens first.
import type { Dispatcher } from 'undici'
import { httpErrorOf } from './http-errors.ts'
import { HttpError, type HttpReply } from './http.ts'

/** What is read beyond the kept bytes before the connection is given up rather than reused. */
const discardedBytes = 1024 ** 2

/** By any of these it is seen where a body ends, or that it was cut off before. */
const SAYS_END = ['content-length', 'transfer-encoding', 'content-encoding'] as const
const WAITED_FOR = { connecting: 'no connection', waiting: 'no answer', reading: 'no end of the answer' } as const

export class Exchange implements Dispatcher.DispatchHandler {
  readonly reply: Promise<HttpReply>
  /** Monotonic, ms. */
  readonly startedAt: number
  #phase: keyof typeof WAITED_FOR = 'connecting'
  #controller: Dispatcher.DispatchController | undefined
  #stopped: Error | undefined
  #status = 0
  #headers: Readonly<Record<string, string>> = {}
  #chunks: Buffer[] = []
  #size = 0
  readonly #origin: string
  readonly #keptBytes: number
  readonly #resolve: (reply: HttpReply) => void
  readonly #reject: (error: Error) => void

  constructor(origin: string, keptBytes: number) {
    const { promise, resolve, reject } = Promise.withResolvers<HttpReply>()
    this.reply = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#origin = origin
    this.#keptBytes = keptBytes
    this.startedAt = performance.now()
  }

  /** Settles with `reason` and gives the connection up; a request that still waits for one is never sent. */
  stop(reason: Error): void {
    this.#stopped = reason
    this.#reject(reason)
    this.#controller?.abort(reason)
  }

  /** The time is up. */
  expire(timeoutMs: number): void {
    this.stop(new HttpError('timeout', `${this.#origin}: ${WAITED_FOR[this.#phase]} within ${timeoutMs / 1000} s`))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#phase = 'waiting'
    if (this.#stopped) controller.abort(this.#stopped)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 1xx only announces the answer.
    if (status < 200) return
    this.#phase = 'reading'
    this.#status = status
    this.#headers = flat(headers)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = this.#keptBytes - this.#size
    this.#size += chunk.length
    if (room > 0) this.#chunks.push(room < chunk.length ? chunk.subarray(0, room) : chunk)
    if (this.#size <= this.#keptBytes + discardedBytes) return
    this.#finish()
    controller.abort(new Error('the answer does not end'))
  }

  onResponseEnd(): void {
    this.#finish()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(httpErrorOf(error, this.#origin))
  }

  #finish(): void {
    const [first, second] = this.#chunks
    const body = second ? Buffer.concat(this.#chunks) : (first ?? Buffer.alloc(0))
    const truncated = this.#size > this.#keptBytes
    const openEnded = !SAYS_END.some((name) => name in this.#headers)
    this.#resolve({ status: this.#status, headers: this.#headers, body, truncated, ...(openEnded && { openEnded }) })
  }
}

/** Repeated headers joined as the standard allows; no prototype that a header's name could reach. */
function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const result = Object.create(null) as Record<string, string>
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (value !== undefined) result[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return result
}
