// The index or data stream that events go to: a fixed name, or one with the date of the event in it. Nothing else of an event can
// get into a name: whoever writes events could otherwise make indices without end, or hide events in one of their own.

/** A name that has been checked. */
export interface IndexName {
  /** Whether the date of an event is in it. */
  readonly dated: boolean
  /** How long it gets, bytes. */
  readonly bytes: number
  /** For an event of this time, milliseconds since the epoch. */
  of(timeMs: number): string
}

/** In braces as date formats write it; as `strftime` writes it. */
const BRACES = /\{((?:yyyy|MM|dd)(?:[._-]?(?:yyyy|MM|dd))*)\}/g
const PARTS: readonly (readonly [part: string, from: number, to: number])[] = [
  ['%Y', 0, 4],
  ['%m', 5, 7],
  ['%d', 8, 10],
]
const longestName = 255
const dayMs = 86_400_000

/** Reads a name as the file gives it; a text says what is wrong with it. */
export function indexName(text: string): IndexName | string {
  const pattern = text.replace(BRACES, (_, format: string) =>
    format.replaceAll('yyyy', '%Y').replaceAll('MM', '%m').replaceAll('dd', '%d'),
  )
  const sample = named(pattern, 0)
  if (/[%{}]/.test(sample))
    return 'of an event, only its date can stand in a name: as %Y, %m and %d, or as {yyyy.MM.dd}'
  const fault = nameFault(sample)
  if (fault !== undefined) return fault
  return { dated: sample !== pattern, bytes: sample.length, of: memoised(pattern) }
}

/** By the rules of the "Create index" and "Create data stream" APIs, which OpenSearch shares; ASCII only. */
function nameFault(name: string): string | undefined {
  if (name === '') return 'expected a name'
  if (name === '.' || name === '..') return 'this is no name of an index'
  if (/[A-Z]/.test(name)) return 'names of indices are in lower case'
  if (/[\\/*?"<>| ,#:]/.test(name)) return 'names of indices hold none of \\ / * ? " < > | , # : and no space'
  if (!/^[\x21-\x7e]+$/.test(name)) return 'expected letters without accents, digits and signs'
  if (/^[-_+]/.test(name)) return 'names of indices do not begin with - _ or +'
  if (name.startsWith('.ds-') || name.startsWith('.fs-'))
    return 'this is the inner name of a part of a data stream: write the name of the data stream'
  return name.length > longestName ? `names of indices are at most ${longestName} bytes long` : undefined
}

function named(pattern: string, timeMs: number): string {
  const date = new Date(timeMs).toISOString()
  return PARTS.reduce((name, [part, from, to]) => name.replaceAll(part, date.slice(from, to)), pattern)
}

/** Events come in order of time, so the last name is nearly always the next. */
function memoised(pattern: string): (timeMs: number) => string {
  let day: number | undefined
  let name = ''
  return (timeMs) => {
    const next = Math.floor(timeMs / dayMs)
    if (next === day) return name
    day = next
    return (name = named(pattern, timeMs))
  }
}
