// Goes through the dead letters of a choice, a stretch at a time: each stretch is one short look at the state, and nothing is
// written, shown or waited for inside it.
import type { StoreReader } from '../../store/store.ts'
import type { DeadLetter, DeadLetterPlace } from '../../store/dead-letters.ts'
import { nearest } from '../../model/nearest.ts'
import { printable } from '../../telemetry/escape.ts'
import { counted } from '../../telemetry/units.ts'
import { EXIT } from '../exit-codes.ts'
import { UsageError } from '../options.ts'
import type { World } from '../world.ts'
import type { Selection } from './selection.ts'

/** Letters of one look: events may be large, so not many. */
const stretch = 250

/** Stretches of letters that match, none empty; at most `limit` in all. */
export async function* chosenLetters(
  reader: Pick<StoreReader, 'deadLetters'>,
  selection: Selection,
): AsyncGenerator<readonly DeadLetter[], void> {
  const { query, ids, missing, test, limit = Infinity } = selection
  let left = limit
  for (let after: DeadLetterPlace | null = null; left > 0;) {
    const read: readonly DeadLetter[] = await reader.deadLetters(query, after, stretch)
    const last = read.at(-1)
    if (!last) return
    for (const { eventId } of read) missing.delete(eventId)
    const named = ids && ids.size > 1 ? read.filter(({ eventId }) => ids.has(eventId)) : read
    const chosen = (test ? test.choose(named) : named).slice(0, left)
    left -= chosen.length
    if (chosen.length > 0) yield chosen
    after = { destination: last.destination, seq: last.seq }
  }
}

/** Throws `UsageError` for a destination that the state does not know. */
export function requireDestination(option: string, name: string | undefined, known: readonly string[]): void {
  if (name === undefined || known.includes(name)) return
  const guess = nearest(name, known)
  const hint = guess !== undefined ? `did you mean "${guess}"?` : `there are ${known.join(', ') || 'none yet'}`
  throw new UsageError(printable(`${option} ${name}: there is no destination of that name; ${hint}`))
}

/**
 * Says on stderr which ids were named and are no dead letters, and returns the exit code for that. For when all was gone through: a
 * `--limit` may have ended it before.
 */
export function tellMissing(
  { missing, limit }: Pick<Selection, 'missing' | 'limit'>,
  { stderr }: Pick<World, 'stderr'>,
): number {
  if (missing.size === 0 || limit !== undefined) return EXIT.done
  for (const id of missing) stderr.write(`audit-relay: ${printable(`there is no such dead letter: ${id}`)}\n`)
  return EXIT.failed
}

/** Says on stderr how many letters were left out because `--where` gave no answer on them. */
export function tellUnjudged({ test }: Selection, { stderr }: Pick<World, 'stderr'>): void {
  const unjudged = test?.unjudged() ?? 0
  if (unjudged === 0) return
  stderr.write(
    `audit-relay: --where failed or ran out of time on ${counted(unjudged, 'dead letter')}; left out. Choose them by --id\n`,
  )
}
