// `--type` and `--where`: the language of filters, asked another question. A filter lets pass what it cannot judge, because it must
// never hide an event; a choice of letters to replay or to remove takes only what it is sure of, and counts the rest.
import { checkFilter, type FilterFault } from '../../filters/check.ts'
import { matchesGlob } from '../../model/glob.ts'
import { Answer, compileWhen, type When, whenLimits } from '../../filters/when.ts'
import type { ConfigFault } from '../../model/errors.ts'
import type { DeadLetter } from '../../store/dead-letters.ts'
import { printable } from '../../telemetry/escape.ts'
import { UsageError } from '../options.ts'
import type { World } from '../world.ts'
import { LetterPage } from './letter-page.ts'

export interface EventTest {
  /** Those that match. */
  choose(letters: readonly DeadLetter[]): readonly DeadLetter[]
  /** Letters on which `--where` gave no answer so far: the engine failed or ran out of time. */
  readonly unjudged: () => number
}

interface Wanted {
  readonly types: readonly string[] | undefined
  readonly where: string | undefined
}

/** Undefined when nothing was asked. Throws `UsageError` with the place inside the expression; doubts go to stderr. */
export async function eventTest({ types, where }: Wanted, world: World): Promise<EventTest | undefined> {
  if (types === undefined && where === undefined) return undefined
  const faults = checkFilter({ ...(types && { types }), ...(where !== undefined && { when: where }) })
  if (faults.some(({ severity }) => severity === 'error'))
    throw new UsageError(`--where cannot be used:\n\n${await shownFaults(faults, where ?? '', world)}`)
  for (const { message } of faults) world.stderr.write(`audit-relay: --type ${printable(message)}\n`)
  const when = where === undefined ? undefined : compileWhen(where, whenLimits)
  let unjudged = 0
  return {
    choose(letters) {
      const typed = types
        ? letters.filter(({ eventType }) => types.some((glob) => matchesGlob(glob, eventType)))
        : letters
      if (!when || typed.length === 0) return typed
      const answers = answersOf(when, typed)
      for (const answer of answers) if (answer === Answer.failed) unjudged++
      return typed.filter((_, index) => answers[index] === Answer.yes)
    },
    unjudged: () => unjudged,
  }
}

function answersOf(when: When, letters: readonly DeadLetter[]): Uint8Array {
  return when(new LetterPage(letters), Uint32Array.from(letters.keys()))
}

/** As faults of the configuration look: the line, a mark under the place, what was expected. */
async function shownFaults(faults: readonly FilterFault[], text: string, { stderr, cwd }: World): Promise<string> {
  const { formatFaults } = await import('../../config/diagnostics.ts')
  const shown = faults.filter(({ severity }) => severity === 'error').map((fault) => placed(fault, text))
  return formatFaults(shown, { colour: stderr.colour > 0, cwd })
}

function placed({ message, hint, start = 0, end = start + 1 }: FilterFault, text: string): ConfigFault {
  const before = text.slice(0, start).split('\n')
  const line = before.length
  const lines = text.split('\n')
  return {
    file: '--where',
    line,
    column: (before.at(-1) as string).length + 1,
    length: Math.max(1, end - start),
    severity: 'error',
    message,
    ...(hint !== undefined && { hint }),
    frame: { first: line, lines: [lines[line - 1] ?? ''] },
  }
}
