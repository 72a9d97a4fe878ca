// What is asked about destinations and sources, carried out in one step: the loop concerned rests meanwhile. Done twice, because the
// holder was killed before it could say so, it comes to the same.
import type { Clock } from '../runtime/clock.ts'
import type { Asked } from '../store/requests.ts'
import type { DestinationOverview, Store } from '../store/store.ts'
import { counted } from '../telemetry/units.ts'

const kinds = [
  'disable_destination',
  'enable_destination',
  'remove_destination',
  'disable_source',
  'enable_source',
] as const

export type ControlAsked = Extract<Asked, { kind: (typeof kinds)[number] }>

export interface ControlParts {
  readonly store: Store
  readonly clock: Clock
  readonly destinations: { with<Result>(name: string, work: () => Promise<Result>): Promise<Result> }
  readonly sources: {
    /** The sources of the configuration in force. */
    readonly configured: readonly string[]
    with<Result>(name: string, work: () => Promise<Result>): Promise<Result>
  }
}

export function isControl(asked: Asked): asked is ControlAsked {
  return (kinds as readonly string[]).includes(asked.kind)
}

/** Does it, and says what was done. Throws `ControlError` where it cannot be. */
export function control(asked: ControlAsked, parts: ControlParts): Promise<string> {
  const { store, clock, destinations, sources } = parts
  switch (asked.kind) {
    case 'disable_destination':
      return destinations.with(asked.destination, () => disable(asked, parts))
    case 'enable_destination':
      return destinations.with(asked.destination, () => enable(asked.destination, parts))
    case 'remove_destination':
      return destinations.with(asked.destination, () => remove(asked.destination, parts))
    case 'disable_source':
      return sources.with(asked.source, async () => {
        await store.setSourceEnabled(asked.source, false, clock.now(), sources.configured)
        return 'disabled; it is not read until it is enabled again, and then from where it was'
      })
    case 'enable_source':
      return sources.with(asked.source, async () => {
        await store.setSourceEnabled(asked.source, true, clock.now(), sources.configured)
        return sources.configured.includes(asked.source)
          ? 'enabled; it is read from where it was'
          : 'enabled; it is read from where it was as soon as a relay runs whose configuration has it'
      })
  }
}

type Parts = Pick<ControlParts, 'store' | 'clock'>

async function disable(
  { destination, discard }: Extract<Asked, { kind: 'disable_destination' }>,
  { store, clock }: Parts,
): Promise<string> {
  const dropped = await store.disableDestination(destination, discard, clock.now())
  if (discard)
    return `disabled; ${counted(dropped, 'event')} dropped, and what comes is dropped until it is enabled again`
  const known = await find(destination, { store, clock })
  return `disabled; ${counted(pending(known), 'event')} and what comes wait until it is enabled again`
}

async function enable(destination: string, { store, clock }: Parts): Promise<string> {
  await store.enableDestination(destination, clock.now())
  const known = await find(destination, { store, clock })
  return `enabled; ${counted(pending(known), 'event')} waiting`
}

async function remove(destination: string, { store, clock }: Parts): Promise<string> {
  // Whoever asked has seen it in the state: gone now, it was removed by a holder that was killed before it could say so.
  if (!(await find(destination, { store, clock }))) return 'removed'
  const { waiting, retrying, dead } = await store.removeDestination(destination, clock.now())
  return `removed; dropped ${counted(waiting + retrying, 'waiting event')} and ${counted(dead, 'dead letter')}`
}

async function find(name: string, { store, clock }: Parts): Promise<DestinationOverview | undefined> {
  return (await store.overview(clock.now())).destinations.find((destination) => destination.name === name)
}

function pending(destination: DestinationOverview | undefined): number {
  return (destination?.waiting ?? 0) + (destination?.retrying ?? 0)
}
