// What a Splunk collector reads in a body: JSON objects one after the other, and what it finds wrong with one of them.

export interface Envelope {
  readonly time?: number | string
  readonly host?: string
  readonly source?: string
  readonly sourcetype?: string
  readonly index?: string
  readonly fields?: Readonly<Record<string, unknown>>
  readonly event: unknown
}

/** JSON values one after the other, with or without white space between; `undefined` is one that cannot be read, the last. */
export function* concatenated(text: string): Generator<unknown> {
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const end = endOfObject(text, at)
    let value: unknown
    try {
      value = JSON.parse(text.slice(at, end))
    } catch {
      // Not even this one, and nothing behind it.
    }
    yield value
    if (value === undefined) return
    at = end
  }
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (/\s/.test(text[at] ?? '')) at++
  return at
}

/** Where the object that begins at `from` ends; where no object begins, the end of the text. */
function endOfObject(text: string, from: number): number {
  let depth = 0
  let quoted = false
  if (text[from] !== '{') return text.length
  for (let at = from; at < text.length; at++) {
    const character = text[at]
    if (quoted && character === '\\') at++
    else if (character === '"') quoted = !quoted
    else if (!quoted && character === '{') depth++
    else if (!quoted && character === '}' && --depth === 0) return at + 1
  }
  return text.length
}

/** What a collector finds wrong with one value, in the order in which it looks. */
export function faultOf(
  value: unknown,
  indexes: readonly string[] | undefined,
): { text: string; code: number } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { text: 'Invalid data format', code: 6 }
  const { event, fields, index, time } = value as Partial<Envelope>
  // A number or, as the vendor's own library writes it, the text of one.
  if (time !== undefined && !Number.isFinite(Number(time))) return { text: 'Invalid data format', code: 6 }
  if (index !== undefined && indexes && !indexes.includes(index)) return { text: 'Incorrect index', code: 7 }
  if (event === undefined) return { text: 'Event field is required', code: 12 }
  if (event === null || event === '') return { text: 'Event field cannot be blank', code: 13 }
  return fields !== undefined && Object.values(fields).some(isNested)
    ? { text: 'Error in handling indexed fields', code: 15 }
    : undefined
}

/** A list of plain values is allowed, an object is not. */
function isNested(value: unknown): boolean {
  return typeof value === 'object' && !(Array.isArray(value) && value.every((item) => typeof item !== 'object'))
}
