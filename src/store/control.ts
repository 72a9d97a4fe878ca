// What operators ask of destinations and sources, and what they are told: what was done, or why it cannot be as things are. Pure; both
// stores use it.
import { ControlError } from '../model/errors.ts'
import { counted } from '../model/counted.ts'
import { nearest } from '../model/nearest.ts'
import { RELAY_SOURCE } from './notices.ts'
import type { Asked } from './requests.ts'
import type { DestinationRecord } from './store.ts'

const kinds = [
  'disable_destination',
  'enable_destination',
  'remove_destination',
  'disable_source',
  'enable_source',
] as const

/** What stops, starts or removes something, and is done at once. */
export type ControlAsked = Extract<Asked, { kind: (typeof kinds)[number] }>

export function isControl(asked: Asked): asked is ControlAsked {
  return (kinds as readonly string[]).includes(asked.kind)
}

/** How a store does it. Each throws `ControlError`, and changes nothing, where it cannot be. */
export interface Controls {
  /** Returns how many events were dropped, or else wait. */
  disable(destination: string, discard: boolean): number
  /** Returns how many events wait. */
  enable(destination: string): number
  /** Returns what was dropped. */
  remove(destination: string): { readonly waiting: number; readonly dead: number }
  enableSource(source: string, enabled: boolean): void
}

/** Does what is asked, and says what was done. `configured`: the sources of the configuration in force. */
export function carryOut(asked: ControlAsked, controls: Controls, configured: readonly string[]): string {
  switch (asked.kind) {
    case 'disable_destination': {
      const events = counted(controls.disable(asked.destination, asked.discard), 'event')
      return asked.discard
        ? `disabled; ${events} dropped, and what comes is dropped until it is enabled again`
        : `disabled; ${events} and what comes wait until it is enabled again`
    }
    case 'enable_destination':
      return `enabled; ${counted(controls.enable(asked.destination), 'event')} waiting`
    case 'remove_destination': {
      const { waiting, dead } = controls.remove(asked.destination)
      return `removed; dropped ${counted(waiting, 'waiting event')} and ${counted(dead, 'dead letter')}`
    }
    case 'disable_source':
      controls.enableSource(asked.source, false)
      return 'disabled; it is not read until it is enabled again, and then from where it was'
    case 'enable_source':
      controls.enableSource(asked.source, true)
      return configured.includes(asked.source)
        ? 'enabled; it is read from where it was'
        : 'enabled; it is read from where it was as soon as a relay runs whose configuration has it'
  }
}

/** What decides whether a destination can be stopped, started, removed or replayed to. */
export interface Controlled {
  readonly name: string
  readonly state: DestinationRecord['state']
  readonly fileEnabled: boolean
  readonly discard: boolean
}

export function unknown(what: 'destination' | 'source', name: string, names: readonly string[]): ControlError {
  const likely = nearest(name, names)
  const hint = likely === undefined ? `"audit-relay ${what}s list" shows what there is` : `did you mean "${likely}"?`
  return new ControlError(`there is no ${what} "${name}"; ${hint}`)
}

/** What the relay audits of itself comes from no source that could be left unread. */
export function requireReadable(source: string): void {
  if (source === RELAY_SOURCE)
    throw new ControlError(
      `source "${source}" is built in, the relay's own audit events, and is always on; a destination that does not want them lists its "sources", or filters them out`,
    )
}

export function requireStoppable(one: Controlled): void {
  if (one.state === 'parked')
    throw new ControlError(
      `destination "${one.name}" is not in the file any more and takes nothing; "audit-relay destinations remove ${one.name}" forgets what it holds`,
    )
}

export function requireStartable(one: Controlled): void {
  if (one.state === 'parked')
    throw new ControlError(`destination "${one.name}" is not in the file any more; put it back there`)
  if (!one.fileEnabled)
    throw new ControlError(
      `the file disables destination "${one.name}"; take "enabled: false" out of it and start the relay again`,
    )
}

export function requireRemovable({ name, state }: Controlled): void {
  if (state !== 'parked')
    throw new ControlError(
      `destination "${name}" is in the file in force; take it out, start the relay again, then remove it`,
    )
}

/** Whether dead letters can be sent to it: what would never be tried is not taken. */
export function requireReplayable({ name, state, discard }: Controlled): void {
  if (state === 'parked')
    throw new ControlError(
      `destination "${name}" is not in the file any more and takes nothing; put it back, or replay to another with --to`,
    )
  requireKeeping({ name, discard })
}

/** Whether events that it has had can be sent to it again. */
export function requireSendable({ name, state, discard }: Omit<Controlled, 'fileEnabled'>): void {
  if (state === 'parked')
    throw new ControlError(
      `destination "${name}" is not in the file any more and takes nothing; put it back, start the relay, and replay again`,
    )
  requireKeeping({ name, discard })
}

function requireKeeping({ name, discard }: Pick<Controlled, 'name' | 'discard'>): void {
  if (discard)
    throw new ControlError(
      `destination "${name}" is disabled and drops what comes; "audit-relay destinations enable ${name}" first`,
    )
}
