// What a destination is owed, by the truth, the file and what operators did: no count of the relay's is used here.
import type { Read } from './witness.ts'
import type { Site, SiteEntry } from './site.ts'
import { reads } from './one-relay.ts'

/**
 * `due`: routed when it was read. `late`: it passed the destination by while that was parked, or before it began with `start: beginning`, and is
 * routed when it is there. `may`: its name, or what it reads, has changed meanwhile, and either is right. `discarded`: it would be due, but a
 * command has it dropped as it comes. `no`: it must never arrive.
 */
export type Claim = 'due' | 'late' | 'may' | 'discarded' | 'no'

export function claimOf(site: Site, event: Read): Claim {
  const { entry, discards, begun } = site.standingAt(event.seq)
  if (!begun || !entry) return discards ? 'no' : lateClaim(site, event, begun)
  const live = event.file.find((one) => one.site === site)
  if (!live || !wants(live, event) || isAbout(event, [live.name, live.was])) return 'no'
  return discards ? 'discarded' : 'due'
}

/** By the filter in force when it begins, or returns; of the sources that it reads when its turn comes. */
function lateClaim(site: Site, event: Read, begun: boolean): Claim {
  const back = site.returnsAfter(event.seq)
  if (!begun && back.every(({ start }) => start !== 'beginning')) return 'no'
  const since = site.deeds.flatMap((deed) => (deed.kind === 'registered' && deed.seq > event.seq ? [deed.entry] : []))
  const isWanted = (one: SiteEntry): boolean => one.lens.passes(event)
  const isRead = (one: SiteEntry): boolean => reads(one, event.source)
  if (!back.some(isWanted) || !since.some(isRead)) return 'no'
  return back.every(isWanted) && since.every(isRead) && !isAbout(event, [...site.names]) ? 'late' : 'may'
}

function wants(entry: SiteEntry, event: Read): boolean {
  return reads(entry, event.source) && entry.lens.passes(event)
}

function isAbout({ about }: Read, names: readonly (string | undefined)[]): boolean {
  return about.some((name) => names.includes(name))
}
