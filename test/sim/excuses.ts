// Why an event that a destination was owed may be missing there: what an operator, or a bound of his, did to it and when.
import type { Deed, Site } from './site.ts'
import type { Read } from './witness.ts'

/** What is known of a site besides its deeds. */
export interface Known {
  /** Everything that was read, in order. */
  readonly reads: readonly Read[]
  /** What the relay calls dead there at the end. */
  readonly dead: ReadonlySet<string>
  /** Chosen by purges there. */
  readonly purged: ReadonlySet<string>
  /** Whether an event could only come out of its queue: owed when it was read, and never replayed. */
  readonly isQueued: (event: Read) => boolean
}

export type Excuse = 'discarded' | 'removed' | 'too_old' | 'buffer_full' | 'dead' | 'purged' | 'expired'

const dayMs = 86_400_000

/** Null: it is lost. */
export function excuseOf(site: Site, event: Read, known: Known): Excuse | null {
  for (const deed of site.deeds) {
    if (deed.seq <= event.seq) continue
    if (deed.kind === 'removed') return 'removed'
    if (deed.kind === 'disabled' && deed.discard) return 'discarded'
  }
  return deathOf(site, event, known) ?? dropOf(site, event, known)
}

/** Only what was refused alone, or trimmed into a dead letter, can be dead; and then it is, or was purged, or has expired. */
function deathOf(site: Site, event: Read, { dead, purged, ...known }: Known): Excuse | null {
  const refusedAt = site.receiver.diary.refused.get(event.key)
  const trims = site.deeds.filter(
    (deed) => isTrim(deed) && deed.fate === 'dead' && whyTrimmed(site, deed, event, known),
  )
  const died = Math.min(refusedAt ?? Infinity, ...trims.map(({ at }) => at))
  if (died === Infinity) return null
  if (dead.has(event.key)) return 'dead'
  if (purged.has(event.key)) return 'purged'
  const keepMs = Math.max(site.entry?.keepMs ?? Infinity, dayMs)
  return site.deeds.some(({ kind, at }) => kind === 'expired' && at - died >= keepMs) ? 'expired' : null
}

function dropOf(site: Site, event: Read, known: Pick<Known, 'reads' | 'isQueued'>): Excuse | null {
  for (const deed of site.deeds) {
    if (!isTrim(deed) || deed.fate !== 'dropped') continue
    const why = whyTrimmed(site, deed, event, known)
    if (why) return why
  }
  return null
}

type Trim = Extract<Deed, { kind: 'trimmed' }>

function isTrim(deed: Deed): deed is Trim {
  return deed.kind === 'trimmed'
}

/** Whether a trim may have taken an event: it waited so long, or no older one waited on that nobody had tried. */
function whyTrimmed(site: Site, deed: Trim, event: Read, known: Pick<Known, 'reads' | 'isQueued'>): Excuse | null {
  if (deed.seq <= event.seq) return null
  const maxAgeMs = site.entry?.buffer?.maxAgeMs ?? null
  if (deed.tooOld > 0 && maxAgeMs !== null && deed.at - event.at >= maxAgeMs) return 'too_old'
  if (deed.beyond === 0) return null
  return known.reads.some((older) => older.seq < event.seq && isPassedOver(site, deed, older, known))
    ? null
    : 'buffer_full'
}

/** Older, untouched when the trim came, and delivered afterwards all the same. */
function isPassedOver(site: Site, deed: Trim, older: Read, { isQueued }: Pick<Known, 'isQueued'>): boolean {
  const { diary } = site.receiver
  const triedAt = diary.tried.get(older.key)
  return triedAt !== undefined && triedAt > deed.at && diary.arrivals.has(older.key) && isQueued(older)
}
