// Dead letters as an expression sees a page of events. Fields are cut out of the event's bytes, not made from a parsed object:
// a 64-bit integer must reach the expression as it stands.
import type { FilterablePage } from '../../filters/filter.ts'
import { OUTCOMES, type ObjectField, type Outcome } from '../../model/event.ts'
import { JsonScanner, Scan } from '../../model/json.ts'
import { stringText } from '../../model/json-text.ts'
import { eventBytes } from '../../model/page.ts'
import type { DeadLetter } from '../../store/dead-letters.ts'

export class LetterPage implements FilterablePage {
  readonly #letters: readonly DeadLetter[]
  readonly #scanner = new JsonScanner()
  /** The event that was looked at last, and its members as text. */
  #at = -1
  #members = new Map<string, string>()

  constructor(letters: readonly DeadLetter[]) {
    this.#letters = letters
  }

  get count(): number {
    return this.#letters.length
  }

  get types(): readonly string[] {
    return this.#letters.map(({ eventType }) => eventType)
  }

  outcome(index: number): Outcome {
    const text = this.#membersOf(index).get('outcome')
    return OUTCOMES.find((outcome) => text === `"${outcome}"`) ?? 'unknown'
  }

  tags(index: number): number {
    return this.#letter(index).page.tags[0] ?? 0
  }

  occurredAtMs(index: number): number {
    return this.#letter(index).page.times[0] as number
  }

  json(index: number): string {
    return Buffer.from(eventBytes(this.#letter(index).page, 0)).toString()
  }

  field(index: number, field: ObjectField): string | undefined {
    return this.#membersOf(index).get(field)
  }

  #letter(index: number): DeadLetter {
    return this.#letters[index] as DeadLetter
  }

  #membersOf(index: number): ReadonlyMap<string, string> {
    if (this.#at === index) return this.#members
    this.#members = membersOf(eventBytes(this.#letter(index).page, 0), this.#scanner)
    this.#at = index
    return this.#members
  }
}

/** Of a key that is there twice the last, as JSON.parse has it. */
function membersOf(bytes: Uint8Array, scanner: JsonScanner): Map<string, string> {
  const members = new Map<string, string>()
  if (scanner.scan(bytes, 0, bytes.length) !== Scan.ok) return members
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < scanner.memberCount * 4; at += 4) {
    const [keyStart, keyEnd, start, end] = scanner.members.slice(at, at + 4) as [number, number, number, number]
    members.set(stringText(bytes, keyStart - 1, keyEnd + 1), text.toString('utf8', start, end))
  }
  return members
}
