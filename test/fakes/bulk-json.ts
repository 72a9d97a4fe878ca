// How a cluster reads JSON and shortens its answers, found out by other means than the relay's.

/** The keys of the outermost object, as often as they stand there. */
export function ownKeys(json: string): readonly string[] {
  let depth = 0
  const keys: string[] = []
  for (const [token, string] of json.matchAll(/("(?:[^"\\]|\\.)*")(?=\s*:)|"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (string !== undefined && depth === 1) keys.push(JSON.parse(string) as string)
  }
  return keys
}

/** The parts of `value` at these paths; `*` is any one key, and lists are looked through. */
export function filtered(value: unknown, paths: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((entry) => filtered(entry, paths))
  if (paths.includes('') || typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).flatMap(([key, inner]) => {
    const below = paths
      .map((path) => path.split('.'))
      .filter(([head]) => head === key || head === '*')
      .map(([, ...rest]) => rest.join('.'))
    if (below.length === 0 || (!below.includes('') && (typeof inner !== 'object' || inner === null))) return []
    return [[key, below.includes('') ? inner : filtered(inner, below)] as const]
  })
  return Object.fromEntries(kept)
}
