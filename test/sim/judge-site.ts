// The promise to one destination, held against its receiver: nothing lost but for a known cause, nothing invented or altered, no event more
// often than kills, lost answers and replays explain, and everything that is gone counted.
import { claimOf } from './claims.ts'
import { type Excuse, excuseOf, type Known } from './excuses.ts'
import type { Site } from './site.ts'
import type { Read } from './witness.ts'

/** What the relay says of a destination at the end; of a removed one, what it said then. */
export interface Told {
  readonly dropped: number
  readonly dead: ReadonlySet<string>
}

export interface SiteExpectation {
  readonly reads: readonly Read[]
  readonly told: Told
  readonly kills: number
  /** Chosen by purges there. */
  readonly purged: ReadonlySet<string>
  /** How often it was chosen to be sent there again. */
  readonly replays: (event: Read) => number
  /** Chosen to be copied there. */
  readonly copied: ReadonlySet<string>
}

export interface SiteJudgement {
  readonly faults: readonly string[]
  readonly seen: ReadonlySet<Excuse | 'late' | 'copied'>
}

export function judgeSite(site: Site, expectation: SiteExpectation): SiteJudgement {
  const { reads, told, purged } = expectation
  const faults: string[] = []
  const name = site.knownAs ?? 'a site that never was'
  const fault = (text: string): void => void faults.push(`${name}: ${text}`)
  const isQueued = (event: Read): boolean => claimOf(site, event) === 'due' && expectation.replays(event) === 0
  const known: Known = { reads, dead: told.dead, purged, isQueued }
  const seen = new Set<Excuse | 'late' | 'copied'>()
  const gone = { counted: 0, perhaps: 0 }
  for (const event of reads) {
    const claim = claimOf(site, event)
    const arrived = site.receiver.diary.arrivals.get(event.key)?.length ?? 0
    const most = mostOf(site, event, expectation)
    if (arrived > most) fault(`${event.key} arrived ${arrived} times, at most ${most} are explained`)
    const isCopied = expectation.copied.has(event.key)
    if (arrived > 0 && (claim === 'no' || claim === 'discarded') && !isCopied)
      fault(`${event.key} arrived, although ${claim === 'no' ? 'it was not for it' : 'a command had it dropped'}`)
    if (arrived > 0 && claim === 'late') seen.add('late')
    if (arrived > 0 && isCopied) seen.add('copied')
    if (claim === 'discarded') gone.counted++
    if (arrived > 0 || (claim !== 'due' && claim !== 'late')) continue
    const excuse = excuseOf(site, event, known)
    if (excuse === null) fault(`lost ${event.key} (${claim}, ${JSON.stringify(event.seq)})`)
    else seen.add(excuse)
    if (excuse !== 'dead' && !told.dead.has(event.key)) gone[claim === 'due' ? 'counted' : 'perhaps']++
  }
  const again = reads.reduce((sum, event) => sum + mostOf(site, event, expectation) - 1, 0)
  if (gone.counted > told.dropped) fault(`${gone.counted} are gone, ${told.dropped} were counted as dropped`)
  if (told.dropped > gone.counted + gone.perhaps + again)
    fault(`${told.dropped} were counted as dropped, ${gone.counted + gone.perhaps} are gone`)
  for (const text of site.receiver.altered) fault(`altered: ${text}`)
  faults.push(...strangers(site, expectation))
  return { faults, seen }
}

/** A kill, or a lost answer, repeats an event once at most. */
function mostOf({ receiver }: Site, event: Read, { kills, replays }: SiteExpectation): number {
  return 1 + kills + (receiver.diary.ambiguous.get(event.key) ?? 0) + replays(event)
}

function strangers({ receiver, knownAs }: Site, { reads }: SiteExpectation): string[] {
  const keys = new Set(reads.map(({ key }) => key))
  const strange = [...receiver.diary.arrivals.keys()].filter((key) => !keys.has(key))
  return strange.map((key) => `${knownAs}: invented ${key}`)
}
