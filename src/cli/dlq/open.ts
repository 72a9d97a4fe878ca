// What every `dlq` command begins with: the options are checked, the state is opened, the names that were given exist in it.
import type { StoreReader } from '../../store/store.ts'
import { openState } from '../open-state.ts'
import type { World } from '../world.ts'
import { requireDestination, tellUnjudged } from './letters.ts'
import { selectionOf, type Selection, type SelectionFlags } from './selection.ts'

/** A state that is open for reading, and what was chosen in it. */
export interface Opened {
  readonly reader: StoreReader
  readonly selection: Selection
  /** Path of the state. */
  readonly state: string
}

export interface Asked {
  /** Ids that were given without `--id`. */
  readonly ids: readonly string[]
  readonly flags: SelectionFlags
  /** Looked at before the state is opened; throws `UsageError`. */
  readonly check?: (selection: Selection) => void
}

/** Opens, works, closes whatever happens; at the end says what could not be judged. */
export async function withLetters<Result>(
  { ids, flags, check }: Asked,
  world: World,
  work: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  const selection = await selectionOf(flags, ids, world)
  check?.(selection)
  const { reader, path } = await openState(flags, world)
  try {
    if (flags.destination !== undefined)
      requireDestination('--destination', flags.destination, await destinationNames(reader, world))
    const result = await work({ reader, selection, state: path })
    tellUnjudged(selection, world)
    return result
  } finally {
    await reader.close()
  }
}

/** Every destination that the state knows, parked ones too. */
async function destinationNames(
  reader: Pick<StoreReader, 'overview'>,
  { clock }: Pick<World, 'clock'>,
): Promise<readonly string[]> {
  return (await reader.overview(clock.now())).destinations.map(({ name }) => name)
}
