// A canonical event as slices of its own text, taken apart once: formats put the slices elsewhere and never read and print a value.
// Texts are Latin-1, one character a byte, so that every byte arrives as it was.
import { JsonScanner, Scan } from '../model/json.ts'
import { stringText } from '../model/json-text.ts'

/** What a mapping can name. */
const PATHS = [
  'event_id',
  'event_type',
  'occurred_at',
  'outcome',
  'tenant.id',
  'tenant.slug',
  'actor.kind',
  'actor.id',
  'actor.label',
  'target.kind',
  'target.id',
  'target.label',
  'context.ip',
  'context.user_agent',
  'context.request_id',
  'source.name',
  'source.type',
] as const
export type Path = (typeof PATHS)[number]

interface Member {
  /** What the key says. */
  readonly name: string
  /** Key and colon, as written. */
  readonly key: string
  readonly value: string
  readonly inner: readonly Member[] | null
}

/** By the name of an object, '' for the event itself: the paths in it by their last names. */
const pathsIn = new Map<string, Map<string, Path>>()
for (const path of PATHS) {
  const [first, second] = path.split('.') as [string, string | undefined]
  const [within, name] = second === undefined ? ['', first] : [first, second]
  const known = pathsIn.get(within) ?? new Map<string, Path>()
  pathsIn.set(within, known.set(name, path))
}
const BACKSLASH = '\\'

/** The JSON of the event in another form, as Latin-1. `stream` is JSON. */
export type Write = (view: EventView, about: { readonly timeMs: number; readonly stream: string }) => string

/** One view serves many events; what it says holds until the next `read`. */
export class EventView {
  /** The whole event. */
  text = ''
  readonly #outer = new JsonScanner()
  readonly #nested = new JsonScanner()
  #members: readonly Member[] = []
  readonly #values = new Map<Path, string>()
  readonly #taken = new Set<Path>()

  /** False when the bytes at `[start, end)` are no JSON object. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#outer.scan(bytes, start, end) !== Scan.ok || bytes[this.#outer.start] !== 0x7b) return false
    this.text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
    this.#values.clear()
    this.#taken.clear()
    this.#members = this.#membersOf(this.#outer, bytes, start, '')
    return true
  }

  /** The JSON of a value, undefined when the event has none there. */
  json(path: Path): string | undefined {
    return this.#values.get(path)
  }

  /** Notes that the value at `path` has found its place. */
  take(path: Path): void {
    this.#taken.add(path)
  }

  /** The members that have found no place elsewhere, without the braces around them. */
  rest(): string {
    return restOf(this.#members, '', this.#taken)
  }

  /** Of a repeated key the last counts, as for JSON.parse. */
  #membersOf(scanner: JsonScanner, bytes: Uint8Array, start: number, within: string): Member[] {
    const { members, memberCount } = scanner
    const found: Member[] = []
    for (let at = 0; at < memberCount * 4; at += 4) {
      const [keyStart, keyEnd] = [members[at] as number, members[at + 1] as number]
      const [from, to] = [members[at + 2] as number, members[at + 3] as number]
      const written = this.text.slice(keyStart - start, keyEnd - start)
      const name = written.includes(BACKSLASH) ? stringText(bytes, keyStart - 1, keyEnd + 1) : written
      const value = this.text.slice(from - start, to - start)
      const opens = within === '' && name !== '' && value.startsWith('{') && pathsIn.has(name)
      if (opens) this.#nested.scan(bytes, from, to)
      const inner = opens ? this.#membersOf(this.#nested, bytes, start, name) : null
      found.push({ name, key: `"${written}":`, value, inner })
    }
    const kept = scanner.duplicateKeys ? [...new Map(found.map((member) => [member.name, member])).values()] : found
    const paths = pathsIn.get(within)
    for (const { name, value } of kept) {
      const path = paths?.get(name)
      if (path !== undefined) this.#values.set(path, value)
    }
    return kept
  }
}

function restOf(members: readonly Member[], within: string, taken: ReadonlySet<Path>): string {
  const paths = pathsIn.get(within)
  let rest = ''
  for (const { name, key, value, inner } of members) {
    const path = paths?.get(name)
    if (path !== undefined && taken.has(path)) continue
    const left = inner && inner.length > 0 ? restOf(inner, name, taken) : undefined
    if (left === '') continue
    rest += `${rest === '' ? '' : ','}${key}${left === undefined ? value : `{${left}}`}`
  }
  return rest
}
