// Which dead letters a `dlq` command means: the options that all of them share, checked before anything is read.
import type { DeadLetterQuery } from '../../store/dead-letters.ts'
import { durationOption, UsageError } from '../options.ts'
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
  /** Whether anything was said about which; `--limit` alone says nothing. */
  readonly narrowed: boolean
}

/** Throws `UsageError` for an option that cannot be meant so. `positional`: ids that were given without `--id`. */
export async function selectionOf(
  flags: SelectionFlags,
  positional: readonly string[],
  world: World,
): Promise<Selection> {
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
    test,
    limit: limitOption(flags.limit),
    narrowed: Object.keys(query).length > 0 || ids.size > 0 || test !== undefined,
  }
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

async function sinceOption(text: string, { clock }: World): Promise<number> {
  const [{ parseDuration }, { rfc3339Ms }] = await Promise.all([
    import('../../model/units.ts'),
    import('../../model/time.ts'),
  ])
  const ago = parseDuration(text)
  if (ago !== undefined) return clock.now() - ago
  const bytes = Buffer.from(text)
  const at = rfc3339Ms(bytes, 0, bytes.length)
  if (Number.isNaN(at))
    throw new UsageError(`--since ${text}: write a duration such as 1h or 2d, or a time such as 2026-05-17T08:00:00Z`)
  return at
}

/** Throws `UsageError` for what is no number of letters. */
export function limitOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const limit = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0
  if (limit < 1) throw new UsageError(`--limit ${text}: write a number of dead letters such as 50`)
  return limit
}
