// `dlq stats`: what killed the dead letters, grouped.
import type { DeadLetterGroup } from '../../store/dead-letters.ts'
import { type AnnouncedPurge, purgeJson } from '../announced-purge.ts'
import { groupJson } from '../dlq/json.ts'
import { chosenLetters, tellMissing } from '../dlq/letters.ts'
import { type Opened, withLetters } from '../dlq/open.ts'
import type { SelectionFlags } from '../dlq/selection.ts'
import { GroupTally, statsLines } from '../dlq/stats.ts'
import { paintFor } from '../paint.ts'
import type { World } from '../world.ts'

type StatsFlags = SelectionFlags & { readonly json?: boolean }

export async function dlqStatsCommand(ids: readonly string[], flags: StatsFlags, world: World): Promise<number> {
  const { groups, purges, selection } = await withLetters({ ids, flags }, world, async (opened) => {
    const groups = await groupsOf(opened)
    const names = new Set(groups.map(({ destination }) => destination))
    const { destinations } = await opened.reader.overview(world.clock.now())
    return { groups, selection: opened.selection, purges: destinations.filter(({ name }) => names.has(name)) }
  })
  const { stdout, clock } = world
  if (flags.json) {
    const total = groups.reduce((sum, { letters }) => sum + letters, 0)
    stdout.write(
      `${JSON.stringify({ total, groups: groups.map(groupJson), purges: purges.flatMap(announcedJson) }, null, 2)}\n`,
    )
  } else {
    const view = { groups, purges, now: clock.now(), paint: paintFor(stdout), width: stdout.columns }
    stdout.write(`${statsLines(view).join('\n')}\n`)
  }
  return tellMissing(selection, world)
}

function announcedJson(destination: AnnouncedPurge): object[] {
  const purge = purgeJson(destination)
  return purge ? [{ destination: destination.name, ...purge }] : []
}

/** By the store, unless the choice needs a look at each letter. */
async function groupsOf({
  reader,
  selection,
}: Pick<Opened, 'reader' | 'selection'>): Promise<readonly DeadLetterGroup[]> {
  const { query, ids, test, limit } = selection
  const simple = test === undefined && limit === undefined && ids === undefined
  if (simple) return await reader.deadLetterGroups(query)
  const tally = new GroupTally()
  for await (const letters of chosenLetters(reader, selection)) for (const letter of letters) tally.add(letter)
  return tally.groups()
}
