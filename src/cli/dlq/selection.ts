// Which dead letters a `dlq` command means: the options that all of them share, checked before anything is read.
import { nearest } from '../../model/nearest.ts'
import { CAUSES, type DeadLetterQuery } from '../../store/dead-letters.ts'
import { printable } from '../../telemetry/escape.ts'
import { durationOption, limitOption, sinceOption, UsageError } from '../options.ts'
import type { StateFlags } from '../open-state.ts'
import type { World } from '../world.ts'
import { eventTest, type EventTest } from './event-test.ts'

/** What commander gives for the shared options. */
export interface SelectionFlags extends StateFlags {
  readonly destination?: string
  readonly reason?: string
  readonly code?: string
  readonly type?: readonly string[]
  readonly olderThan?: string
  readonly since?: string
  readonly id?: readonly string[]
  readonly where?: string
  readonly limit?: string
  readonly all?: boolean
}

export interface Selection {
  /** What the store can look for by itself. */
  readonly query: DeadLetterQuery
  /** Any of these; undefined = of any id. */
  readonly ids: ReadonlySet<string> | undefined
  /** `--type` and `--where`; undefined when neither was given. */
  readonly test: EventTest | undefined
  readonly limit: number | undefined
  /** Of `ids`, those of which no letter was met yet. */
  readonly missing: Set<string>
  /** Whether anything was said about which; `--limit` alone says nothing. */
  readonly narrowed: boolean
}

/** Throws `UsageError` for an option that cannot be meant so. `positional`: ids that were given without `--id`. */
export async function selectionOf(
  flags: SelectionFlags,
  positional: readonly string[],
  world: World,
): Promise<Selection> {
  requireCause(flags.reason)
  const ids = new Set([...positional, ...(flags.id ?? [])])
  const query: DeadLetterQuery = {
    ...(flags.destination !== undefined && { destination: flags.destination }),
    ...(flags.reason !== undefined && { cause: flags.reason }),
    ...(flags.code !== undefined && { code: flags.code }),
    // One is found by the store; several are looked for on the way through.
    ...(ids.size === 1 && { eventId: [...ids][0] as string }),
    ...(flags.olderThan !== undefined && {
      diedBefore: world.clock.now() - (await durationOption('--older-than', flags.olderThan)),
    }),
    ...(flags.since !== undefined && { diedSince: await sinceOption(flags.since, world) }),
  }
  const test = await eventTest({ types: flags.type, where: flags.where }, world)
  return {
    query,
    ids: ids.size > 0 ? ids : undefined,
    missing: new Set(ids),
    test,
    limit: limitOption(flags.limit, 'dead letters'),
    narrowed: Object.keys(query).length > 0 || ids.size > 0 || test !== undefined,
  }
}

function requireCause(given: string | undefined): void {
  if (given === undefined || CAUSES.some((cause) => cause === given)) return
  const guess = nearest(given.toLowerCase(), CAUSES)
  const hint = guess === undefined ? '' : `; did you mean "${guess}"?`
  throw new UsageError(printable(`--reason ${given}: events die of ${CAUSES.join(', ')}${hint}`))
}

/** For commands that change something: everything must be asked for by name. */
export function refuseUnnarrowed(selection: Selection, flags: SelectionFlags, verb: string): void {
  if (selection.narrowed && flags.all)
    throw new UsageError(`--all and a choice of dead letters contradict each other: leave one of them out`)
  if (!selection.narrowed && !flags.all)
    throw new UsageError(
      `say which dead letters to ${verb}: --destination, --reason, --code, --type, --older-than, --since, --id or --where; or --all`,
    )
}
