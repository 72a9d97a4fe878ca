// What a source's entry says about when and in which windows it is read, held against what is usual for its kind.
import { cronFault } from '../model/cron.ts'
import { SetupError } from '../model/errors.ts'
import type { SourceKind, WindowDefaults } from '../sources/source.ts'
import { type GivenWindows, windowFaults, windowSettings } from '../sources/window-settings.ts'
import type { z } from 'zod'
import type { Path } from './document.ts'
import type { Faults } from './faults.ts'
import type { sourceShape } from './shared-schema.ts'

type Shared = Partial<z.output<typeof sourceShape>>

const keys = {
  startMs: 'start',
  settleMs: 'settle',
  overlapMs: 'overlap',
  maxWindowMs: 'max_window',
  sweepsMs: 'sweeps',
  retentionMs: 'retention',
} as const satisfies Readonly<Record<keyof GivenWindows, keyof Shared>>
const settings = Object.keys(keys) as readonly (keyof typeof keys)[]
/** What counts without windows, too. */
const cursorSettings: readonly (keyof typeof keys)[] = ['startMs', 'overlapMs']
/** A cron is looked at from here: whether it ever ticks must not depend on the day on which the file is read. */
const cronSince = Date.UTC(2024, 0, 1)

interface Place {
  readonly faults: Faults
  readonly path: Path
}

/** The window keys that the file has. */
export function givenWindows(shared: Shared): GivenWindows {
  const given = settings.filter((setting) => shared[keys[setting]] !== undefined)
  return Object.fromEntries(given.map((setting) => [setting, shared[keys[setting]]]))
}

export function checkSchedule({ every, cron }: Shared, { faults, path }: Place): void {
  if (cron === undefined) return
  if (every !== undefined)
    faults.add(
      [...path, 'cron'],
      { message: '"every" and "cron" both say when a pull starts', hint: 'remove one of them' },
      'key',
    )
  const fault = cronFault(cron, cronSince)
  if (fault !== undefined) faults.add([...path, 'cron'], { message: fault, hint: 'times are in UTC' })
}

/** `options` may throw `SetupError`: a kind whose options are not all there is asked later. */
export function checkWindows(kind: SourceKind, given: GivenWindows, options: () => unknown, place: Place): void {
  const usual = usualOf(kind, options)
  if (usual === undefined) return
  const meant = usual?.ofCursor ? cursorSettings : usual ? settings : []
  const why = usual?.ofCursor ? 'this source goes on from a cursor and' : kind.type
  for (const setting of settings)
    if (given[setting] !== undefined && !meant.includes(setting))
      place.faults.add(
        [...place.path, keys[setting]],
        { message: `${why} is not read in windows`, hint: `remove "${keys[setting]}" from this source` },
        'key',
      )
  if (!usual || usual.ofCursor) return
  for (const { setting, message, hint } of windowFaults(windowSettings(usual, given), given))
    place.faults.add([...place.path, keys[setting]], { message, hint })
}

/** Undefined: not known. */
function usualOf(kind: SourceKind, options: () => unknown): WindowDefaults | null | undefined {
  if (!kind.windows) return null
  try {
    return kind.windows(options())
  } catch (error) {
    if (error instanceof SetupError) return undefined
    throw error
  }
}
