// HTTP as destinations and sources see it: one request, one bounded reply, failures already classified.

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Absolute. Without `given` it is the operator's own address, and therefore trusted. */
  readonly url: string
  /** The address came from a server: it is held to rules before anything is connected to (`given-address.ts`). */
  readonly given?: GivenAddress
  /** Asked of somebody else than the receiver itself, such as an authorization server: its `Date` says nothing of the receiver's clock. */
  readonly elsewhere?: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** How much of the answer is kept, where it grows with the request; otherwise what the client keeps of any. */
  readonly replyBytes?: number
}

/** What an address that a server gave is held against: the origin of `operatorUrl`, and the hosts that the configuration allows. */
export interface GivenAddress {
  /** The operator's own address of that server. */
  readonly operatorUrl: string
  /** `host`, `host:port` or `*.domain`, in addition to the operator's origin. */
  readonly allowedHosts: readonly string[]
}

/** An answer. The body is read whole up to a limit, the rest is discarded and `truncated` is set. */
export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly truncated: boolean
  /** Nobody said how long the body is: one that was cut off looks like one that is whole. */
  readonly openEnded?: boolean
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
