// What an operator is told when something cannot be done as things are. Both stores say the same.
import { ControlError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import { RELAY_SOURCE } from './notices.ts'
import type { DestinationRecord } from './store.ts'

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
