// How a file's words are laid over a preset's, and how the values of `params` get into them.

export type Tree = Readonly<Record<string, unknown>>

/** Maps are merged key by key; lists and scalars are replaced; null takes a key away. A map of another `type` replaces the whole map. */
export function over(below: Tree, above: Tree): Tree {
  const merged: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const under = Object.hasOwn(below, key) ? below[key] : undefined
    if (value === null) delete merged[key]
    else define(merged, key, isTree(value) ? over(isTree(under) && sameType(under, value) ? under : {}, value) : value)
  }
  return merged
}

function sameType(below: Tree, above: Tree): boolean {
  return below['type'] === undefined || above['type'] === undefined || below['type'] === above['type']
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Also a key such as `__proto__` becomes a member, and nothing else. */
function define(tree: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(tree, key, { value, enumerable: true, configurable: true, writable: true })
}

/** What becomes of every text in a tree; keys stay. */
export function mapTexts(
  value: unknown,
  make: (text: string, path: readonly string[]) => unknown,
  path: readonly string[] = [],
): unknown {
  if (typeof value === 'string') return make(value, path)
  if (Array.isArray(value)) return value.map((entry, index) => mapTexts(entry, make, [...path, String(index)]))
  if (!isTree(value)) return value
  const mapped: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(value)) define(mapped, key, mapTexts(entry, make, [...path, key]))
  return mapped
}
