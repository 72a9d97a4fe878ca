// The connections of one client: a pool for each origin, and pools apart for origins that a server led to.
import type { Dispatcher } from 'undici'
import { AddressGuard, type Resolve } from './given-address.ts'
import { type Connection, openPool, type PoolOptions } from './http-connection.ts'

export interface PoolsOptions extends Connection {
  /** Connections for each origin; more requests wait for one. */
  readonly inFlight: number
  /** From the call to the end of the answer, waiting for a connection included. */
  readonly timeoutMs: number
  /** From the request to the head of its answer, and between two pieces of it; only `timeoutMs` counts where they are left out. */
  readonly headersMs?: number
  readonly idleMs?: number
  /** For tests: the addresses of a host to which a server leads. */
  readonly resolve?: Resolve
}

const longestConnectMs = 10_000
/** Connections are not used for longer, so that a changed address of a name is noticed under constant load. */
const connectionLifeMs = 300_000
/** Origins that servers led to whose connections are kept. */
const keptElsewhere = 16

type Pool = Promise<Dispatcher>

export class Pools {
  readonly #options: PoolsOptions
  readonly #own = new Map<string, Pool>()
  readonly #elsewhere = new Map<string, Pool>()
  readonly #guard: AddressGuard

  constructor(options: PoolsOptions) {
    this.#options = options
    this.#guard = new AddressGuard(options.resolve)
  }

  /** To an address of the operator. */
  async to(origin: string): Promise<Dispatcher> {
    return this.#own.get(origin) ?? opened(this.#own, origin, this.#open(origin, this.#options))
  }

  /**
   * To an address that a server gave, which is not of the operator's origin. What it resolves to is looked at for each connection; through
   * a proxy it is the proxy that resolves names. Our own certificate is for the operator's server alone.
   */
  async toElsewhere(url: URL, operatorUrl: string): Promise<Dispatcher> {
    await this.#guard.checkLiteral(url, operatorUrl)
    const name = `${url.origin} ${operatorUrl}`
    const known = this.#elsewhere.get(name)
    if (known) return known
    this.#dropOldest()
    const { certFile: _cert, keyFile: _key, ...rest } = this.#options
    const lookup = this.#guard.lookupFor(operatorUrl)
    return opened(this.#elsewhere, name, this.#open(url.origin, { ...rest, lookup }))
  }

  async destroy(): Promise<void> {
    const pools = [...this.#own.values(), ...this.#elsewhere.values()]
    this.#own.clear()
    this.#elsewhere.clear()
    await Promise.all(pools.map((pool) => pool.then((open) => open.destroy()).catch(() => {})))
  }

  #open(origin: string, options: PoolsOptions & Pick<PoolOptions, 'lookup'>): Pool {
    const { inFlight: connections, timeoutMs, ...rest } = options
    const connectMs = Math.min(timeoutMs, longestConnectMs)
    return openPool(origin, { ...rest, connections, connectMs, lifeMs: connectionLifeMs })
  }

  #dropOldest(): void {
    const [oldest] = this.#elsewhere
    if (!oldest || this.#elsewhere.size < keptElsewhere) return
    this.#elsewhere.delete(oldest[0])
    // What is in flight ends first.
    void oldest[1].then((open) => open.close()).catch(() => {})
  }
}

/** One that could not be opened is opened anew by the next request: a file may be there by then. */
function opened(pools: Map<string, Pool>, name: string, pool: Pool): Pool {
  pools.set(name, pool)
  pool.catch(() => pools.delete(name))
  return pool
}
