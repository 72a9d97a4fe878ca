// An operator at random: what he could ask of a relay as it stands, chosen by dice. He looks at the state as his commands would.
import type { MemoryState } from '../../src/store/memory/memory-state.ts'
import type { Asked, Chosen } from '../../src/store/requests.ts'
import type { Order } from './judge-requests.ts'
import type { Seeded } from './seeded.ts'
import type { Site } from './site.ts'
import type { Witness } from './witness.ts'

export interface OperatorParts {
  readonly random: Seeded
  readonly state: MemoryState
  readonly witness: Witness
  /** Monotonic, ms. */
  readonly now: number
}

/** What he asks, but for its number. */
export type NewOrder = Omit<Order, 'id'>

const acts = [stop, stop, start, start, remove, source, replay, replay, copy, purge, again, again]

/** Null when there is nothing of the kind that the dice chose. */
export function nextOrder(parts: OperatorParts): NewOrder | null {
  return parts.random.pick(acts)(parts)
}

/** What starts everything again. */
export function repairs({
  witness,
  now,
  sources,
}: Pick<OperatorParts, 'witness' | 'now'> & { sources: Iterable<string> }): NewOrder[] {
  const sites = witness.sites.filter((site) => !site.isRemoved && !site.isParked)
  return [
    ...sites.map((site) => plain({ kind: 'enable_destination', destination: nameOf(site) }, now, [site])),
    ...[...sources].map((name) => plain({ kind: 'enable_source', source: name }, now, [])),
  ]
}

function stop(parts: OperatorParts): NewOrder | null {
  const discard = parts.random.chance(0.35)
  return withSite(parts, (site) => ({ kind: 'disable_destination', destination: nameOf(site), discard }))
}

function start(parts: OperatorParts): NewOrder | null {
  return withSite(parts, (site) => ({ kind: 'enable_destination', destination: nameOf(site) }))
}

/** Now and then of one that is not parked, which is refused. */
function remove(parts: OperatorParts): NewOrder | null {
  const { random, now } = parts
  const sites = knownSites(parts)
  const parked = sites.filter((site) => site.isParked)
  const site = parked.length > 0 ? random.pick(parked) : random.chance(0.1) ? random.pick(sites) : undefined
  return site ? plain({ kind: 'remove_destination', destination: nameOf(site) }, now, [site]) : null
}

function source({ random, state, now }: OperatorParts): NewOrder | null {
  const names = [...state.sources.keys()].filter((name) => name !== 'relay')
  if (names.length === 0) return null
  const kind = random.pick(['disable_source', 'enable_source'] as const)
  return plain({ kind, source: random.pick(names) }, now, [])
}

function replay(parts: OperatorParts): NewOrder | null {
  const { random, now } = parts
  const found = lettersOf(parts)
  const asked = { kind: 'replay_dead_letters', letters: found.letters, to: null, perSecond: rate(random) } as const
  return found.letters.length > 0 ? { ...found, asked, at: now } : null
}

function copy(parts: OperatorParts): NewOrder | null {
  const { random, now } = parts
  const found = lettersOf(parts)
  const target = random.pick(knownSites(parts))
  if (found.letters.length === 0 || !target) return null
  const to = nameOf(target)
  const asked = { kind: 'replay_dead_letters', letters: found.letters, to, perSecond: rate(random) } as const
  return { ...found, asked, at: now, sites: [target, ...found.sites] }
}

function purge(parts: OperatorParts): NewOrder | null {
  const found = lettersOf(parts)
  const asked = { kind: 'purge_dead_letters', letters: found.letters } as const
  return found.letters.length > 0 && parts.random.chance(0.5) ? { ...found, asked, at: parts.now } : null
}

/** Everything that the destination has had of a period; his receiver knows what that was. */
function again(parts: OperatorParts): NewOrder | null {
  const { random, now, witness } = parts
  const site = random.pick(knownSites(parts))
  if (!site || witness.reads.size === 0) return null
  const times = [...witness.reads.values()]
    .filter(({ source }) => source !== 'relay')
    .map(({ occurredAt }) => occurredAt)
  if (times.length === 0) return null
  const ends = [random.pick(times), random.pick(times)].sort((a, b) => a - b) as [number, number]
  const [from, to] = random.chance(0.3) ? [0, now + 1e15] : [ends[0], ends[1] + 1]
  const asked = { kind: 'replay_events', destination: nameOf(site), from, to, perSecond: rate(random) } as const
  const chosen = [{ site, keys: [...site.receiver.diary.arrivals.keys()] }]
  return { asked, at: now, sites: [site], chosen, provisional: false }
}

function rate(random: Seeded): number | null {
  return random.pick([null, null, 50, 5])
}

function withSite(parts: OperatorParts, askedOf: (site: Site) => Asked): NewOrder | null {
  const site = parts.random.pick(knownSites(parts))
  return site ? plain(askedOf(site), parts.now, [site]) : null
}

function plain(asked: Asked, at: number, sites: readonly Site[]): NewOrder {
  return { asked, at, sites, chosen: [], provisional: false }
}

function knownSites({ witness }: OperatorParts): readonly Site[] {
  return witness.sites.filter((site) => site.knownAs !== undefined && !site.isRemoved)
}

function nameOf({ knownAs }: Site): string {
  if (knownAs === undefined) throw new Error('nobody can name it yet')
  return knownAs
}

/** The dead letters of one destination or of all, each with a good chance. */
function lettersOf(
  parts: OperatorParts,
): Pick<Order, 'chosen' | 'provisional' | 'sites'> & { letters: readonly Chosen[] } {
  const { random, state, witness } = parts
  const all = random.chance(0.3)
  const holders = knownSites(parts).filter((site) => deadOf(state, site).length > 0)
  const one = holders.length > 0 ? random.pick(holders) : undefined
  const share = random.pick([0.5, 1, 1])
  const found = (all ? holders : holders.filter((site) => site === one)).map((site) => {
    const letters = deadOf(state, site).filter(() => random.chance(share))
    return { site, letters }
  })
  const some = found.filter(({ letters }) => letters.length > 0)
  return {
    sites: some.map(({ site }) => site),
    letters: some.map(({ site, letters }) => ({
      destination: nameOf(site),
      ranges: letters.map(({ seq }) => [seq, seq + 1]),
    })),
    chosen: some.map(({ site, letters }) => ({ site, keys: letters.map(({ seq }) => witness.keyOf(seq) ?? '') })),
    provisional: some.some(({ letters }) => letters.some(({ provisional }) => provisional)),
  }
}

function deadOf(state: MemoryState, site: Site) {
  const destination = state.destinations.find(({ known }) => known.name === site.knownAs)
  const letters = [...(destination?.exceptions.values() ?? [])].filter(({ nextAt }) => nextAt === null)
  return letters.sort((a, b) => a.seq - b.seq)
}
