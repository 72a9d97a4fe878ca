// Holds what arrived against what was produced. It knows the truth and the receivers' own memory; of the relay's words it
// uses only which events it calls dead.
import { ownDuplicates } from './own.ts'
import type { SimReceiver } from './sim-receiver.ts'
import type { TrueEvent } from './truth.ts'

export interface Expectation {
  readonly destination: string
  readonly receiver: SimReceiver
  /** The filter, written down a second time. */
  readonly passes: (event: TrueEvent) => boolean
  /** Events that the relay calls dead, by its own overview. */
  readonly dead: number
  /** How many duplicates this run may have at most. */
  readonly duplicatesAllowed: number
}

/** Sentences about broken promises; empty when all were kept. */
export function judge(events: readonly TrueEvent[], expectation: Expectation): string[] {
  const { destination, receiver, passes, dead } = expectation
  const faults: string[] = []
  const fault = (text: string) => void faults.push(`${destination}: ${text}`)
  const expected = new Set(events.filter(passes).map(({ n }) => n))
  const missing = [...expected].filter((n) => !receiver.taken.has(n))
  const lost = missing.filter((n) => !receiver.refusedAlone.has(n))
  if (lost.length > 0) fault(`lost ${lost.length}, first n=${lost[0]}`)
  if (missing.length - lost.length > dead)
    fault(`${missing.length - lost.length} were refused, but only ${dead} are dead letters`)
  const refused = receiver.refusedAlone.size + receiver.ownRefusedAlone.size
  if (dead > refused) fault(`${dead} dead letters, but only ${refused} events were ever refused alone`)
  for (const n of receiver.taken.keys()) if (!expected.has(n)) fault(`invented or not filtered: n=${n}`)
  for (const text of receiver.altered) fault(`altered: ${text}`)
  faults.push(...identities(events, expectation))
  const repeated = [...receiver.taken.values()].reduce((sum, { count }) => sum + count - 1, 0)
  const duplicates = repeated + ownDuplicates(receiver)
  if (duplicates > expectation.duplicatesAllowed)
    fault(`${duplicates} duplicates, at most ${expectation.duplicatesAllowed} are allowed`)
  return faults
}

/** Every event keeps one id, and no two share one: of a reused `event_id` the later ones carry a fingerprint. */
function identities(events: readonly TrueEvent[], { destination, receiver }: Expectation): string[] {
  const faults: string[] = []
  const owners = new Map<string, number>()
  for (const { n, eventId } of events) {
    const ids = [...(receiver.taken.get(n)?.ids ?? [])]
    if (ids.length > 1) faults.push(`${destination}: n=${n} arrived under ${ids.join(' and ')}`)
    for (const id of ids) {
      if (id !== eventId && !id.startsWith(`${eventId}~`))
        faults.push(`${destination}: n=${n} arrived as ${id} instead of ${eventId}`)
      const owner = owners.get(id)
      if (owner !== undefined) faults.push(`${destination}: n=${owner} and n=${n} share the id ${id}`)
      owners.set(id, n)
    }
  }
  return faults
}
