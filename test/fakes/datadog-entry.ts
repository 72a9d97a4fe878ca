// What Datadog makes of one entry before any pipeline sees it ("Pipelines", preprocessing of JSON logs, default configuration).

export interface DatadogLog {
  /** Its official date, milliseconds. */
  readonly date: number
  readonly message?: unknown
  readonly source?: unknown
  readonly service?: unknown
  readonly host?: unknown
  readonly status?: unknown
  readonly tags: readonly string[]
  /** Everything that has no meaning of its own. */
  readonly attributes: Readonly<Record<string, unknown>>
  /** It was longer than Datadog keeps, and nobody was told. */
  readonly truncated: boolean
}

type Members = Record<string, unknown>

/** By the reserved attribute, the names that are looked for, the first that is there. */
const NAMES = {
  date: [
    '@timestamp',
    'timestamp',
    '_timestamp',
    'Timestamp',
    'eventTime',
    'date',
    'published_date',
    'syslog.timestamp',
  ],
  host: ['host', 'hostname', 'syslog.hostname'],
  status: ['status', 'severity', 'level', 'syslog.severity'],
  service: ['service', 'syslog.appname'],
  source: ['ddsource'],
  message: ['message'],
} as const

/** The JSON texts of the entries in a body: of an array, or of one object; undefined where it is neither. */
export function entriesIn(body: string): string[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return [body.trim()]
  return value.every((entry) => typeof entry === 'object' && entry !== null) ? elementsOf(body.trim()) : undefined
}

/** The texts between the commas of an array that has been read. */
function elementsOf(array: string): string[] {
  const texts: string[] = []
  let from = 1
  let depth = 0
  for (const { 0: mark, index } of array.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]/gs)) {
    if (mark === '[' || mark === '{') depth++
    else if (mark === ']' || mark === '}') depth--
    const ends = (mark === ',' && depth === 1) || depth === 0
    if (!ends) continue
    texts.push(array.slice(from, index).trim())
    from = index + 1
  }
  return texts.filter((text) => text !== '')
}

/** One that is too long is cut: what is left of it is no JSON any more. */
export function logOf(text: string, maxBytes: number, nowMs: number): DatadogLog {
  const bytes = Buffer.from(text)
  if (bytes.length > maxBytes) {
    const message = bytes.subarray(0, maxBytes).toString()
    return { date: nowMs, message, tags: [], attributes: {}, truncated: true }
  }
  const members = JSON.parse(text) as Members
  const { date, ...reserved } = Object.fromEntries(
    Object.entries(NAMES).map(([name, places]) => [name, firstOf(members, places)]),
  )
  const taken = new Set<string>([...Object.values(NAMES).flat(), 'ddtags'])
  return {
    ...reserved,
    date: timeOf(date) ?? nowMs,
    tags: typeof members['ddtags'] === 'string' ? members['ddtags'].split(',') : [],
    attributes: Object.fromEntries(Object.entries(members).filter(([name]) => !taken.has(name))),
    truncated: false,
  }
}

function firstOf(members: Members, places: readonly string[]): unknown {
  for (const place of places) {
    const [outer = '', inner] = place.split('.')
    const found = inner === undefined ? members[outer] : (members[outer] as Members | undefined)?.[inner]
    if (found !== undefined) return found
  }
  return undefined
}

/** ISO 8601 or milliseconds since 1970. */
function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isFinite(time) ? time : undefined
}
