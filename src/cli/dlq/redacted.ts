// Dead letters as they may be shown: without what their destination must not get. The redaction is the one with which the state knows
// the destination, so that it holds for destinations that have left the file, too. The key of hashes is not in the state, nor needed:
// what would travel as a hash is masked.
import { redactionOf, type Redaction } from '../../formats/redaction.ts'
import { eventBytes } from '../../model/page.ts'
import type { DeadLetter } from '../../store/dead-letters.ts'
import type { StoreReader } from '../../store/store.ts'
import { chosenLetters } from './letters.ts'
import type { Selection } from './selection.ts'

/** The letters of `chosenLetters`, each event redacted. */
export async function* shownLetters(
  reader: Pick<StoreReader, 'deadLetters' | 'definitions'>,
  selection: Selection,
): AsyncGenerator<readonly DeadLetter[], void> {
  const redactions = new Map<string, Redaction | null>()
  for (const [name, definition] of await reader.definitions()) redactions.set(name, redactionIn(definition))
  for await (const letters of chosenLetters(reader, selection))
    yield letters.map((letter) => {
      const redaction = redactions.get(letter.destination)
      return redaction ? redacted(letter, redaction) : letter
    })
}

/** An event that cannot be redacted is not shown at all. */
function redacted(letter: DeadLetter, redaction: Redaction): DeadLetter {
  const own = eventBytes(letter.page, 0)
  const shown = redaction.apply(own, 0, own.length) ?? Buffer.from('{}')
  const bytes = Buffer.concat([shown, Buffer.from('\n')])
  return { ...letter, page: { ...letter.page, bytes, offsets: Uint32Array.of(0, bytes.length) } }
}

/** What a definition, the canonical JSON of a destination's entry, says of redaction. */
function redactionIn(definition: string): Redaction | null {
  if (definition === '') return null
  const { redact } = JSON.parse(definition) as { redact?: Partial<Record<'drop' | 'mask' | 'hash', readonly string[]>> }
  if (!redact) return null
  const { drop = [], mask = [], hash = [] } = redact
  return redactionOf({ drop, mask, hash, hashKey: null })
}
