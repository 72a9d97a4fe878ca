// The rules for an address that a server gave (a next link, a place to download from): where it may lead, and what it may resolve to.
// A server that is not honest must not make the relay ask machines that only the relay can reach, or show them its credentials.
import { lookup as dnsLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { type AddressClass, AddressClasses } from './address-classes.ts'
import { type GivenAddress, HttpError } from './http.ts'

/** All addresses of a host name; for tests. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** What anybody may be told. In any other header there may be a credential: many APIs have one of their own for it. */
const HARMLESS = new Set(['accept', 'accept-encoding', 'accept-language', 'content-type', 'user-agent'])

/**
 * Whether the address leads elsewhere than to the operator's own origin. Throws an `HttpError` of kind `address` when it may not be
 * used at all. What it resolves to is looked at when it is connected to (`AddressGuard`).
 */
export function leadsElsewhere(url: URL, { operatorUrl, allowedHosts }: GivenAddress): boolean {
  const operator = new URL(operatorUrl)
  if (url.username !== '' || url.password !== '') throw refused(url, 'it holds a user or a password')
  if (url.origin === operator.origin) return false
  if (url.protocol !== 'https:' && operator.protocol === 'https:') throw refused(url, 'it is not https')
  if (!allowedHosts.some((allowed) => isAllowed(url, allowed.toLowerCase())))
    throw refused(url, 'neither the url of the configuration nor a host that it allows')
  return true
}

/** Headers for somebody else than the operator's own server. */
export function withoutCredentials(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name.toLowerCase())))
}

/** `host`, `host:port` or `*.domain`; without a port the usual one of the protocol. */
function isAllowed(url: URL, allowed: string): boolean {
  const [, name = '', port = ''] = /^(.*?)(?::([0-9]{1,5}))?$/.exec(allowed) ?? []
  if (url.port !== port) return false
  const host = url.hostname.replace(/\.$/, '')
  if (!name.startsWith('*.')) return host === name.replace(/\.$/, '')
  return isIP(host.replace(/^\[|\]$/g, '')) === 0 && host.endsWith(name.slice(1)) && host.length > name.length - 1
}

/** Looks at what a host resolves to, for one connection after the other; the connection goes to the very addresses that were looked at. */
export class AddressGuard {
  readonly #classes = new AddressClasses()
  readonly #resolve: Resolve

  constructor(resolve: Resolve = resolveHost) {
    this.#resolve = resolve
  }

  /** For `net.connect`: a name that leads where it may not is an `HttpError`. */
  lookupFor(operatorUrl: string): LookupFunction {
    return (host, options, done) => {
      this.#checked(host, operatorUrl).then(
        (addresses) => {
          const found = addresses.map((address) => ({ address, family: isIP(address) }))
          if (options.all === true) done(null, found)
          else done(null, found[0]?.address ?? '', found[0]?.family ?? 0)
        },
        (error: unknown) => done(error as NodeJS.ErrnoException, ''),
      )
    }
  }

  /** Nobody looks up an address that is written as one: it has to be held against the rules before. */
  async checkLiteral(url: URL, operatorUrl: string): Promise<void> {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (isIP(host) !== 0) await this.#checked(host, operatorUrl)
  }

  async #checked(host: string, operatorUrl: string): Promise<readonly string[]> {
    const addresses = await this.#addressesOf(host)
    const inside = new Set(addresses.map((address) => this.#classes.of(address)).filter((kind) => kind !== 'public'))
    if (inside.size === 0) return addresses
    const own = await this.#classesOfOperator(operatorUrl)
    const [wrong] = [...inside].filter((kind) => !own.has(kind))
    if (wrong === undefined) return addresses
    throw new HttpError('address', `the server leads to ${host}, which is a ${wrong} address: that is not followed`)
  }

  /** An operator's own server inside a network may lead to others inside. */
  async #classesOfOperator(operatorUrl: string): Promise<ReadonlySet<AddressClass>> {
    const host = new URL(operatorUrl).hostname.replace(/^\[|\]$/g, '')
    return new Set((await this.#addressesOf(host)).map((address) => this.#classes.of(address)))
  }

  async #addressesOf(host: string): Promise<readonly string[]> {
    const addresses = isIP(host) === 0 ? await this.#resolve(host) : [host]
    if (addresses.length === 0) throw new HttpError('name', `${host}: the host name has no address`)
    return addresses
  }
}

function refused(url: URL, why: string): HttpError {
  return new HttpError('address', `the server leads to ${url.origin}, which is not followed: ${why}`)
}

function resolveHost(host: string): Promise<readonly string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
  dnsLookup(host, { all: true }, (error, found) => {
    if (error) reject(error)
    else resolve(found.map(({ address }) => address))
  })
  return promise
}
