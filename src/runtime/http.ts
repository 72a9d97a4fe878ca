// HTTP as destinations and sources see it: one request, one bounded reply, failures already classified.

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Absolute; the operator's own address, therefore trusted. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** How much of the answer is kept, where it grows with the request; otherwise what the client keeps of any. */
  readonly replyBytes?: number
}

/** An answer. The body is read whole up to a limit, the rest is discarded and `truncated` is set. */
export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly truncated: boolean
}

export interface HttpClient {
  /** Rejects with an `HttpError`, or with the signal's reason when it is aborted. Redirects are never followed. */
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpReply>
  /** Takes nothing more; resolves when what is in flight has ended, as its deadline or its signal makes it do. */
  close(): Promise<void>
}

/** No answer was had. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  /** `proxy`: it gives no way to the receiver · `connect`: refused or unreachable · `name`: the host name has no address · `tls`: certificate or protocol · `timeout` ·
   *  `broken`: cut while sending or reading · `address`: refused by our own address rules. */
  readonly kind: 'connect' | 'name' | 'tls' | 'timeout' | 'broken' | 'address' | 'proxy'
  constructor(kind: HttpError['kind'], message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.kind = kind
  }
}
