// Which paths a record has: what a mapping may name when one of its own found nothing.

const deepest = 4
const most = 60
const longestPart = 80

/** The paths of the values of a record as a mapping writes them, without the values; none when it is no JSON object. */
export function pathsIn(record: Uint8Array): readonly string[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(record).toString())
    return [...walk(value, '', 0)].slice(0, most)
  } catch {
    return []
  }
}

function* walk(value: unknown, path: string, depth: number): Generator<string> {
  const isInner = typeof value === 'object' && value !== null && depth < deepest
  if (!isInner) {
    if (path !== '') yield path
    return
  }
  // One item of a list tells what the others are like.
  const entries = Array.isArray(value) ? Object.entries(value).slice(0, 1) : Object.entries(value)
  if (entries.length === 0 && path !== '') yield path
  for (const [key, inner] of entries) {
    const part = key.slice(0, longestPart).replaceAll('.', '\\.')
    yield* walk(inner, path === '' ? part : `${path}.${part}`, depth + 1)
  }
}
