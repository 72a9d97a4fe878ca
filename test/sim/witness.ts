// Watches a life of the relay at the port of its store, and writes down for the oracle what was read, and what was done to
// destinations, when it was done. It counts nothing of its own accord; what the store answers is used only where nobody else knows.
import { eventBytes, type Page } from '../../src/model/page.ts'
import type { Asked } from '../../src/store/requests.ts'
import type { DestinationOverview, Store } from '../../src/store/store.ts'
import { changed } from './changed.ts'
import type { Deed, Site, SiteEntry } from './site.ts'

/** An event that was committed for the first time. */
export interface Read {
  /** `data.n`, or the id of one of the relay's own. */
  readonly key: string
  readonly seq: number
  readonly source: string
  /** Monotonic, ms. */
  readonly at: number
  readonly occurredAt: number
  readonly type: string
  readonly outcome: string | undefined
  /** The destinations that one of the relay's own is about. */
  readonly about: readonly string[]
  /** The file in force. */
  readonly file: readonly SiteEntry[]
}

interface Wire {
  readonly event_id: string
  readonly event_type: string
  readonly occurred_at: string
  readonly outcome?: string
  readonly source: { readonly name: string }
  readonly data: { readonly n?: number; readonly destinations?: readonly string[] }
}

/** As the contract names them. */
type Undated = Deed extends infer One ? (One extends Deed ? Omit<One, 'at' | 'seq'> : never) : never

export class Witness {
  readonly sites: Site[] = []
  readonly reads = new Map<string, Read>()
  readonly faults: string[] = []
  readonly #monotonic: () => number
  #nextSeq = 1

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  keyOf(seq: number): string | undefined {
    return this.#keys[seq]
  }
  readonly #keys: string[] = []

  /** The site that the state knows by this name. */
  siteOf(name: string): Site | undefined {
    return this.sites.find((site) => site.knownAs === name && !site.isRemoved)
  }

  /** `file`: what this life was started with. */
  watch(store: Store, file: readonly SiteEntry[]): Store {
    const deed = (name: string, what: Undated): void => this.#write(this.siteOf(name), what)
    return changed(store, {
      register: async (...given) => {
        const records = await store.register(...given)
        this.#registered(file)
        return records
      },
      commitPage: async (commit, now) => {
        const committed = await store.commitPage(commit, now)
        this.#read(commit.page, file, committed.seqs)
        return committed
      },
      control: async (id, configured, now) => {
        const { destinations } = await store.overview(now)
        const request = await store.control(id, configured, now)
        const { asked } = request
        if ('destination' in asked)
          this.#controlled(
            asked,
            destinations.find(({ name }) => name === asked.destination),
          )
        return request
      },
      trimBuffer: async (name, now) => {
        const trimmed = await store.trimBuffer(name, now)
        if (trimmed.tooOld + trimmed.beyond > 0) deed(name, { kind: 'trimmed', ...trimmed })
        return trimmed
      },
      expireDeadLetters: async (name, keepMs, now) => {
        const expiry = await store.expireDeadLetters(name, keepMs, now)
        if (expiry.announced > 0) deed(name, { kind: 'announced' })
        if (expiry.purged > 0) deed(name, { kind: 'expired' })
        return expiry
      },
    })
  }

  #write(site: Site | undefined, what: Undated): void {
    site?.deeds.push({ ...what, at: this.#monotonic(), seq: this.#nextSeq })
  }

  /** `before`: how the destination stood. */
  #controlled(asked: Asked & { readonly destination: string }, before: DestinationOverview | undefined): void {
    const { dropped = 0, waiting = 0, retrying = 0, dead = 0 } = before ?? {}
    const write = (what: Undated): void => this.#write(this.siteOf(asked.destination), what)
    if (asked.kind === 'disable_destination') write({ kind: 'disabled', discard: asked.discard })
    else if (asked.kind === 'enable_destination') write({ kind: 'enabled' })
    else write({ kind: 'removed', dropped: dropped + waiting + retrying + dead })
  }

  #registered(file: readonly SiteEntry[]): void {
    for (const entry of file) {
      const { site, name } = entry
      site.knownAs = name
      site.names.add(name)
      this.#write(site, { kind: 'registered', entry })
    }
    const named = new Set(file.map(({ site }) => site))
    for (const site of this.sites)
      if (site.knownAs !== undefined && !named.has(site) && !site.isRemoved && !site.isParked)
        this.#write(site, { kind: 'parked' })
  }

  /** Repeats are told from what is new by what the events say of themselves. */
  #read(page: Page, file: readonly SiteEntry[], seqs: { readonly from: number; readonly to: number }): void {
    let seq = seqs.from
    for (let index = 0; index < page.count; index++) {
      const wire = JSON.parse(Buffer.from(eventBytes(page, index)).toString()) as Wire
      const { source, data } = wire
      const key = source.name === 'relay' ? wire.event_id : String(data.n)
      if (this.reads.has(key)) continue
      const what = { key, seq, source: source.name, type: wire.event_type, outcome: wire.outcome, file }
      const occurredAt = Date.parse(wire.occurred_at)
      this.reads.set(key, { ...what, at: this.#monotonic(), occurredAt, about: data.destinations ?? [] })
      this.#keys[seq] = key
      seq++
    }
    if (seq !== seqs.to)
      this.faults.push(`a page had ${seq - seqs.from} new events, and the store took ${seqs.to - seqs.from}`)
    this.#nextSeq = seqs.to
  }
}
