// The file between two lives of the relay: destinations leave it and return, get new names, filters and sources.
import type { BufferBound } from '../../src/store/buffer.ts'
import { lenses } from './lenses.ts'
import { Seeded } from './seeded.ts'
import { Site, type SiteEntry } from './site.ts'
import { SimReceiver } from './sim-receiver.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import type { Witness } from './witness.ts'

export interface EditorParts {
  readonly random: Seeded
  readonly clock: Clock
  readonly witness: Witness
  readonly dataOf: (n: number) => string | undefined
}

const hourMs = 3_600_000
const bounds: readonly (BufferBound | undefined)[] = [
  undefined,
  undefined,
  undefined,
  { maxAgeMs: hourMs / 6, maxBytes: null, whenFull: 'drop_oldest' },
  { maxAgeMs: null, maxBytes: 3000, whenFull: 'drop_oldest' },
  { maxAgeMs: hourMs / 6, maxBytes: 6000, whenFull: 'dead_letter' },
  { maxAgeMs: null, maxBytes: 4000, whenFull: 'block' },
]
const sourceLists: readonly (readonly string[] | undefined)[] = [
  undefined,
  undefined,
  undefined,
  ['sim'],
  ['sim', 'jobs'],
  ['jobs', 'relay'],
]

export class Editor {
  readonly #parts: EditorParts
  #names = 0

  constructor(parts: EditorParts) {
    this.#parts = parts
  }

  /** A file for the first life. */
  begin(destinations: number): readonly SiteEntry[] {
    for (let count = 0; count < destinations; count++) this.#add(`d${count}`)
    return this.file()
  }

  file(): readonly SiteEntry[] {
    return this.#parts.witness.sites.flatMap(({ entry }) => entry ?? [])
  }

  /** Everything that was ever there and not removed is in it again. */
  complete(): readonly SiteEntry[] {
    for (const site of this.#sites()) site.entry ??= this.#back(site)
    return this.file()
  }

  /** One change, at random. */
  change(): void {
    const { random, witness } = this.#parts
    const site = random.pick(this.#sites())
    if (!site || random.chance(0.1)) return this.#add(this.#freeName())
    // What has not been in force yet is left as it is: a name that the state never knew cannot be the one before.
    if (site.knownAs === undefined) return
    const { entry } = site
    if (!entry) {
      site.entry = this.#back(site)
      return
    }
    const name = `${witness.sites.indexOf(site)}-${++this.#names}`
    const changes = [null, null, { ...entry, ...this.#look() }, { ...entry, name, was: site.knownAs }, entry]
    site.entry = random.pick(changes)
  }

  #back(site: Site): SiteEntry {
    const known = site.deeds.findLast((deed) => deed.kind === 'registered')
    if (known?.kind !== 'registered') throw new Error('it was never there')
    return this.#parts.random.chance(0.3) ? { ...known.entry, ...this.#look() } : known.entry
  }

  /** A name that was removed is taken again, so that the two are told apart. */
  #freeName(): string {
    const { witness } = this.#parts
    const gone = witness.sites.filter((site) => site.isRemoved).flatMap(({ knownAs }) => knownAs ?? [])
    const taken = new Set(this.#sites().flatMap(({ knownAs, entry, names }) => [knownAs, entry?.name, ...names]))
    return gone.find((name) => !taken.has(name)) ?? `e${++this.#names}`
  }

  #sites(): readonly Site[] {
    const { witness } = this.#parts
    for (const site of witness.sites) if (site.isRemoved) site.entry = null
    return witness.sites.filter((site) => !site.isRemoved && (site.knownAs !== undefined || site.entry !== null))
  }

  #look(): Pick<SiteEntry, 'lens' | 'filter'> & { readonly sources?: readonly string[] } {
    const { random } = this.#parts
    const lens = random.pick(lenses)
    const sources = random.pick(sourceLists)
    return { lens, filter: lens.filter, ...(sources && { sources }) }
  }

  #add(name: string): void {
    const { random, clock, dataOf, witness } = this.#parts
    const buffer = random.pick(bounds)
    // Who answers 403 to all that waits can only be told from a firewall by another event; behind a full buffer that blocks there comes none.
    const firewalls = buffer?.whenFull === 'block' ? [-1] : [-1, -1, random.below(97)]
    const habits = {
      outage: random.pick([0, 0.02, 0.1]),
      lostAnswer: random.pick([0, 0.02, 0.1]),
      poison: random.pick([-1, random.below(20)]),
      firewall: random.pick(firewalls),
      maxBytes: random.pick([Infinity, Infinity, 2000]),
    }
    const receiver = new SimReceiver({ clock, random: new Seeded(random.below(1e9)), habits, dataOf })
    const site = new Site(receiver)
    const keepMs = random.pick([undefined, hourMs, 2 * 24 * hourMs])
    site.entry = {
      site,
      name,
      receiver,
      ...this.#look(),
      batch: random.pick([1, 7, 40]),
      inFlight: random.pick([1, 4]),
      ...(buffer && { buffer }),
      ...(keepMs !== undefined && { keepMs }),
      ...(random.chance(0.5) && { start: 'beginning' as const }),
    }
    witness.sites.push(site)
  }
}
