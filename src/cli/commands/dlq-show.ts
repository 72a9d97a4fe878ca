// `dlq show`: one dead letter in full.
import type { DeadLetter } from '../../store/dead-letters.ts'
import { printable } from '../../telemetry/escape.ts'
import { word } from '../dlq/advice.ts'
import { letterWithEvent } from '../dlq/json.ts'
import { shownLetters } from '../dlq/redacted.ts'
import { type Opened, withLetters } from '../dlq/open.ts'
import { prettyJson } from '../dlq/pretty-json.ts'
import type { SelectionFlags } from '../dlq/selection.ts'
import { showLines } from '../dlq/show.ts'
import { EXIT } from '../exit-codes.ts'
import { paintFor } from '../paint.ts'
import type { World } from '../world.ts'

type ShowFlags = SelectionFlags & { readonly json?: boolean }

/** Every dead letter of that id: an event can be dead at several destinations. Exit 1 when there is none. */
export async function dlqShowCommand(id: string, flags: ShowFlags, world: World): Promise<number> {
  const letters = await withLetters({ ids: [id], flags }, world, all)
  if (letters.length === 0) return notFound(id, flags, world)
  world.stdout.write(flags.json ? jsonOf(letters) : textOf(letters, world))
  return EXIT.done
}

async function all({ reader, selection }: Pick<Opened, 'reader' | 'selection'>): Promise<readonly DeadLetter[]> {
  const found: DeadLetter[] = []
  for await (const letters of shownLetters(reader, selection)) found.push(...letters)
  return found
}

/** Laid out as text, so that every digit of the events stays. */
function jsonOf(letters: readonly DeadLetter[]): string {
  return `${prettyJson(`{"dead_letters":[${letters.map(letterWithEvent).join(',')}]}`)}\n`
}

function textOf(letters: readonly DeadLetter[], { stdout, clock }: World): string {
  const view = { now: clock.now(), paint: paintFor(stdout), width: stdout.columns }
  return `${letters.map((letter) => showLines(letter, view).join('\n')).join('\n\n')}\n`
}

function notFound(id: string, { destination, json }: ShowFlags, { stdout, stderr }: World): number {
  if (json) stdout.write(`${JSON.stringify({ dead_letters: [] }, null, 2)}\n`)
  const where = destination === undefined ? '' : ` at ${destination}`
  stderr.write(
    `audit-relay: ${printable(`there is no dead letter ${id}${where}`)}; audit-relay trace ${printable(word(id))} says what became of the event\n`,
  )
  return EXIT.failed
}
