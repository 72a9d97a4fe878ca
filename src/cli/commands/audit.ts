// `audit`: what the relay has audited of itself, the newest last.
import { type AuditQuery, findRecords, type FoundRecords } from '../audit/find.ts'
import { recordJson } from '../audit/json.ts'
import { auditLines } from '../audit/render.ts'
import { requireDestination } from '../dlq/letters.ts'
import { EXIT } from '../exit-codes.ts'
import { openState, type StateFlags } from '../open-state.ts'
import { limitOption, sinceOption } from '../options.ts'
import { paintFor } from '../paint.ts'
import type { World } from '../world.ts'

export interface AuditFlags extends StateFlags {
  readonly limit: string
  readonly type?: string
  readonly destination?: string
  readonly since?: string
  readonly json?: boolean
}

export async function auditCommand(flags: AuditFlags, world: World): Promise<number> {
  const { type, destination, since } = flags
  const query: AuditQuery = {
    limit: limitOption(flags.limit, 'records') as number,
    ...(type !== undefined && { type }),
    ...(destination !== undefined && { destination }),
    ...(since !== undefined && { since: await sinceOption(since, world) }),
  }
  const { reader } = await openState(flags, world)
  try {
    const found = await findRecords(reader, query)
    const { instance, destinations } = await reader.overview(world.clock.now())
    const names = destinations.map(({ name }) => name)
    // A destination that was removed lives on in the records; only a name without any may be a slip.
    if (found.records.length === 0) requireDestination('--destination', destination, names)
    return showRecords({ ...found, instance }, flags, world)
  } finally {
    await reader.close()
  }
}

/** Prints them in the form that was asked for. */
export function showRecords(
  { records, more, instance }: FoundRecords & { readonly instance: string },
  { json, type, destination, since }: Omit<AuditFlags, 'limit'>,
  { stdout }: Pick<World, 'stdout'>,
): number {
  const narrowed = [type, destination, since].some((one) => one !== undefined)
  if (json)
    stdout.write(
      `${JSON.stringify({ more, records: records.map((record) => recordJson(record, instance)) }, null, 2)}\n`,
    )
  else {
    const view = { records, more, narrowed, paint: paintFor(stdout), width: stdout.columns }
    stdout.write(`${auditLines(view).join('\n')}\n`)
  }
  return EXIT.done
}
