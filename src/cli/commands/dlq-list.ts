// `dlq list`: which dead letters there are, one a line.
import { letterJson } from '../dlq/json.ts'
import { chosenLetters, tellMissing } from '../dlq/letters.ts'
import { listLines, type ListedLetter } from '../dlq/list.ts'
import { type Opened, withLetters } from '../dlq/open.ts'
import type { SelectionFlags } from '../dlq/selection.ts'
import { paintFor } from '../paint.ts'
import type { World } from '../world.ts'

type ListFlags = SelectionFlags & { readonly json?: boolean; readonly limit: string }

/** The newest `--limit` of those that match. */
export async function dlqListCommand(ids: readonly string[], flags: ListFlags, world: World): Promise<number> {
  const found = await withLetters({ ids, flags }, world, newest)
  const now = world.clock.now()
  const { stdout } = world
  if (flags.json) {
    const { shown, total } = found
    stdout.write(`${JSON.stringify({ total, dead_letters: shown.map(letterJson) }, null, 2)}\n`)
  } else stdout.write(`${listLines({ ...found, now, paint: paintFor(stdout), width: stdout.columns }).join('\n')}\n`)
  return tellMissing(found, world)
}

/** All are looked at, and no more kept than are shown. */
async function newest({ reader, selection }: Pick<Opened, 'reader' | 'selection'>) {
  const { limit = Infinity, ...rest } = selection
  let shown: ListedLetter[] = []
  let total = 0
  for await (const letters of chosenLetters(reader, { ...rest, limit: undefined })) {
    total += letters.length
    shown = [...shown, ...letters.map(({ page: _page, ...listed }) => listed)].sort((a, b) => a.diedAt - b.diedAt)
    if (shown.length > limit) shown = shown.slice(-limit)
  }
  return { shown, total, missing: rest.missing, limit: undefined }
}
