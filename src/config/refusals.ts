// What YAML offers beyond plain data and a configuration must not use: directives, merge keys, tags, keys that stand twice,
// aliases without measure. Shows neither tags nor names of aliases: either may be an unquoted password.
import { type Document, isAlias, isScalar, type Node, visit, type YAMLMap } from 'yaml'
import { directiveFault, type DocumentFault, rangeOf, tagFault } from './yaml-faults.ts'

const plainTags = new Set(
  ['map', 'seq', 'str', 'int', 'float', 'bool', 'null'].map((name) => `tag:yaml.org,2002:${name}`),
)

const duplicateFault = { message: 'this key stands twice', hint: 'keep one of the two', soft: true } as const
const mergeFault = { message: 'merge keys (<<) are not supported', hint: 'write the keys out', soft: true } as const
const manyAliasesFault = { message: 'the file uses too many aliases', hint: 'write the shared values out' } as const
const lostAliasFault = {
  message: 'this alias names nothing above it',
  hint: 'a text that begins with * must be in quotes',
} as const
const ownAliasFault = { message: 'this alias stands inside the very value that it names' } as const

/** Aliases are for sharing a block or two. */
export const maxAliases = 50

/** `tags`: tell tags as well, which the parser has told where it does not know them. */
export function refusals(document: Document, tags: boolean): DocumentFault[] {
  const faults: DocumentFault[] = []
  const tell = (fault: Omit<DocumentFault, 'start' | 'end'>, node: Node): void =>
    void faults.push({ ...fault, ...rangeOf(node) })
  const { yaml, tags: prefixes = {} } = document.directives ?? {}
  if (yaml?.explicit || Object.keys(prefixes).length > 1) faults.push({ ...directiveFault, start: 0, end: 1 })
  // Resolving an alias searches the file, so the number of them is looked at first.
  const [first, ...more] = aliasesOf(document)
  if (first && more.length >= maxAliases) return [...faults, { ...manyAliasesFault, ...rangeOf(first) }]
  visit(document, {
    Map: (_key, map) => duplicateKeys(map).forEach((key) => tell(duplicateFault, key)),
    Pair: (_key, { key }) => {
      if (isScalar(key) && key.value === '<<') tell(mergeFault, key)
    },
    Alias: (_key, node, ancestors) => {
      const target = node.resolve(document)
      if (!target) tell(lostAliasFault, node)
      else if ((ancestors as readonly unknown[]).includes(target)) tell(ownAliasFault, node)
    },
    Node: (_key, node) => {
      if (tags && node.tag && !isAlias(node) && !plainTags.has(node.tag)) tell(tagFault, node)
    },
  })
  return faults
}

function aliasesOf(document: Document): Node[] {
  const found: Node[] = []
  visit(document, { Alias: (_key, node) => void found.push(node) })
  return found
}

/** Own check, because the parser compares every key with every other. */
function duplicateKeys(map: YAMLMap): Node[] {
  const seen = new Set<unknown>()
  return map.items.flatMap(({ key }) => {
    if (!isScalar(key)) return []
    const twice = seen.has(key.value)
    seen.add(key.value)
    return twice ? [key] : []
  })
}
