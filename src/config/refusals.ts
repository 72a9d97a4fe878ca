// What YAML offers beyond plain data and a configuration must not use: directives, merge keys, tags, aliases that lead
// nowhere. Shows neither tags nor names of aliases: either may be an unquoted password.
import { type Document, isAlias, isScalar, type Node, visit } from 'yaml'
import { type DocumentFault, rangeOf, tagFault } from './yaml-faults.ts'

const plainTags = new Set(
  ['map', 'seq', 'str', 'int', 'float', 'bool', 'null'].map((name) => `tag:yaml.org,2002:${name}`),
)

const directiveFault = {
  message: 'directives (%YAML, %TAG) are not supported',
  hint: 'remove the line',
  soft: true,
} as const
const mergeFault = { message: 'merge keys (<<) are not supported', hint: 'write the keys out', soft: true } as const
const lostAliasFault = {
  message: 'this alias names nothing above it',
  hint: 'a text that begins with * must be in quotes',
} as const
const ownAliasFault = { message: 'this alias stands inside the very value that it names' } as const

/** `tags`: tell tags as well, which the parser has told where it does not know them. */
export function refusals(document: Document, tags: boolean): DocumentFault[] {
  const faults: DocumentFault[] = []
  const tell = (fault: Omit<DocumentFault, 'start' | 'end'>, node: Node): void =>
    void faults.push({ ...fault, ...rangeOf(node) })
  const { yaml, tags: prefixes = {} } = document.directives ?? {}
  if (yaml?.explicit || Object.keys(prefixes).length > 1) faults.push({ ...directiveFault, start: 0, end: 1 })
  visit(document, {
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
