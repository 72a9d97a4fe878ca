// How a connection to one origin is made: straight or through a proxy, whom it trusts, and how it shows who we are.
import { readFile } from 'node:fs/promises'
import type { LookupFunction } from 'node:net'
import type { Dispatcher } from 'undici'
import { HttpError } from './http.ts'

/** What an operator may say of the way to a receiver. Files are PEM and are read anew for each pool of connections. */
export interface Connection {
  /** `http://` or `https://`, user and password included. Every connection is tunnelled through it. */
  readonly proxy?: string
  /** Certificates of the authorities to trust, instead of the usual ones. */
  readonly caFile?: string
  /** Our own certificate, and its key, where the receiver wants to know who we are. */
  readonly certFile?: string
  readonly keyFile?: string
}

export interface PoolOptions extends Connection {
  /** Connections; more requests wait for one. */
  readonly connections: number
  /** How long making a connection may take. */
  readonly connectMs: number
  /** How long a connection is used at most. */
  readonly lifeMs: number
  /** From the request to the end of the head of its answer; 0: the deadline of the whole exchange is enough. */
  readonly headersMs?: number
  /** Between two pieces of an answer; 0: the same. */
  readonly idleMs?: number
  /** Finds the addresses of the host, for connections without a proxy. */
  readonly lookup?: LookupFunction
}

/** Connects nowhere yet. Rejects with an `HttpError` when a file cannot be read. */
export async function openPool(origin: string, options: PoolOptions): Promise<Dispatcher> {
  // undici takes a tenth of a second to load: not before it is needed.
  const { Pool, ProxyAgent } = await import('undici')
  const { proxy, connections, connectMs: timeout, lifeMs: clientTtl } = options
  const tls = { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(await identityOf(options)) } as const
  // The deadline of a whole exchange is kept elsewhere; undici's own are two timers more for each request.
  const { headersMs: headersTimeout = 0, idleMs: bodyTimeout = 0, lookup } = options
  const shared = { connections, clientTtl, pipelining: 1, allowH2: false, headersTimeout, bodyTimeout } as const
  if (proxy === undefined)
    return new Pool(origin, { ...shared, connect: { ...tls, timeout, ...(lookup && { lookup }) } })
  const proxyTls = { minVersion: 'TLSv1.2', rejectUnauthorized: true, timeout } as const
  // Without this a proxy that does not answer would hold the connection, and all who wait for it, for five minutes.
  const clientFactory = (to: URL, given: object): Dispatcher => new Pool(to, { ...given, headersTimeout: timeout })
  const requestTls = { ...tls, timeout }
  return new ProxyAgent({ ...shared, uri: proxy, requestTls, proxyTls, proxyTunnel: true, clientFactory })
}

async function identityOf(connection: Connection): Promise<{ ca?: Buffer; cert?: Buffer; key?: Buffer }> {
  const { caFile, certFile, keyFile } = connection
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(contentOf))
  return { ...(ca !== undefined && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

async function contentOf(path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new HttpError('tls', `${path} cannot be read${code === undefined ? '' : ` [${code}]`}`, { cause: error })
  }
}
