// How a source is read in windows: what the file says over what is usual for the kind, and what in it makes no sense.
import type { WindowDefaults } from './source.ts'

/** What the file says. */
export type GivenWindows = Partial<Omit<WindowDefaults, 'ofArrival' | 'ofCursor'>>

/** A fault of what the file says; `setting` is the one that stands in the file. */
export interface WindowFault {
  readonly setting: keyof GivenWindows
  readonly message: string
  readonly hint: string
}

/** The usual sweeps that would come after the source has forgotten its events are left out. */
export function windowSettings(usual: WindowDefaults, given: GivenWindows): WindowDefaults {
  const merged = { ...usual, ...given }
  if (given.sweepsMs || merged.retentionMs === null) return merged
  const { retentionMs, overlapMs } = merged
  return { ...merged, sweepsMs: merged.sweepsMs.filter((ms) => ms < retentionMs && ms > overlapMs) }
}

/** How long what was read stays remembered, so that what is read again is known. */
export function rememberMs({ sweepsMs, overlapMs }: WindowDefaults): number {
  return Math.max(0, ...sweepsMs) * 1.25 + overlapMs + 86_400_000
}

/** Everything that does not go together. Only what the file itself says is blamed. */
export function windowFaults(settings: WindowDefaults, given: GivenWindows): readonly WindowFault[] {
  return [...sweepFaults(settings, given), ...retentionFaults(settings, given)]
}

function sweepFaults({ sweepsMs, overlapMs }: WindowDefaults, given: GivenWindows): readonly WindowFault[] {
  const faults: WindowFault[] = []
  const setting = given.sweepsMs ? 'sweepsMs' : 'overlapMs'
  const isBlamed = given.sweepsMs !== undefined || given.overlapMs !== undefined
  if (isBlamed && sweepsMs.some((ms) => ms <= overlapMs))
    faults.push({
      setting,
      message: 'a sweep must come later than "overlap" reaches back: what lies nearer is read again anyway',
      hint: 'make every sweep longer than overlap, or turn sweeps off with sweeps: []',
    })
  if (sweepsMs.some((ms, index) => index > 0 && ms <= (sweepsMs[index - 1] as number)))
    faults.push({
      setting: 'sweepsMs',
      message: 'sweeps must grow, and none may stand twice',
      hint: 'write them as [1h, 24h]',
    })
  return faults
}

function retentionFaults(settings: WindowDefaults, given: GivenWindows): readonly WindowFault[] {
  const { retentionMs, overlapMs, settleMs, sweepsMs } = settings
  if (retentionMs === null) return []
  const faults: WindowFault[] = []
  const tooLate = given.sweepsMs !== undefined && sweepsMs.some((ms) => ms >= retentionMs)
  if (tooLate)
    faults.push({
      setting: 'sweepsMs',
      message: 'a sweep would come after the source has forgotten its events (see "retention")',
      hint: 'make every sweep shorter than retention',
    })
  const blamed = (['retentionMs', 'overlapMs', 'settleMs'] as const).find((setting) => given[setting] !== undefined)
  if (blamed && settleMs + overlapMs >= retentionMs)
    faults.push({
      setting: blamed,
      message:
        'the source would have forgotten its events before they are read ("settle" and "overlap" together reach "retention")',
      hint: 'make retention longer than settle and overlap together',
    })
  return faults
}
