// A YAML file as plain data, with the place of every key and value. Refuses what YAML offers beyond plain data: tags,
// merge keys, directives, several documents, and aliases without measure.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml'
import type { YAMLError } from 'yaml'

export type Path = readonly PropertyKey[]

/** Offsets in the text. */
export interface Range {
  readonly start: number
  readonly end: number
}

export interface DocumentFault extends Range {
  readonly message: string
  readonly hint?: string
  /** The rest of the file can be understood all the same. */
  readonly soft?: boolean
}

export interface ConfigDocument {
  readonly text: string
  readonly lines: LineCounter
  /** undefined when the faults leave nothing to look at. */
  readonly data: unknown
  readonly faults: readonly DocumentFault[]
  /** Where the value at `path` stands, or where its key does. Undefined when it is not in the file. */
  place(path: Path, of: 'key' | 'value'): Range | undefined
}

/** Aliases are for sharing a block or two. */
const maxAliasCount = 50

export function parseConfigDocument(text: string): ConfigDocument {
  const lines = new LineCounter()
  const place =
    (document: Document | undefined): ConfigDocument['place'] =>
    (path, of) =>
      document && placeOf(document, path, of)
  let document: Document
  try {
    document = parseDocument(text, {
      schema: 'core',
      version: '1.2',
      merge: false,
      uniqueKeys: true,
      stringKeys: true,
      prettyErrors: false,
      lineCounter: lines,
      logLevel: 'error',
    })
  } catch (error) {
    // The parser is recursive: brackets by the thousand end it.
    const message =
      error instanceof RangeError
        ? 'the file is nested too deeply'
        : `the file cannot be read as YAML: ${String(error)}`
    return { text, lines, data: undefined, faults: [{ message, start: 0, end: 1 }], place: place(undefined) }
  }
  const broken = yamlFaults([...document.errors, ...document.warnings], text)
  const faults = broken.every((fault) => fault.soft) ? [...broken, ...refusals(document, broken.length === 0)] : broken
  const result = faults.every((fault) => fault.soft) ? plainData(document) : { data: undefined, faults: [] }
  return { text, lines, data: result.data, faults: [...faults, ...result.faults], place: place(document) }
}

function plainData(document: Document): { data: unknown; faults: DocumentFault[] } {
  try {
    // Without `errors` the library would throw the faults that have been noted already.
    document.errors = []
    return { data: document.toJS({ maxAliasCount }), faults: [] }
  } catch (error) {
    const bomb = error instanceof ReferenceError
    const message = bomb ? 'the file uses too many aliases' : 'the file is nested too deeply'
    const hint = bomb ? { hint: 'write the shared values out' } : {}
    return { data: undefined, faults: [{ message, ...hint, ...firstAlias(document) }] }
  }
}

function firstAlias(document: Document): Range {
  let found: Range | undefined
  visit(document, { Alias: (_key, node) => ((found = rangeOf(node)), visit.BREAK) })
  return found ?? { start: 0, end: 1 }
}

/** `tags`: tell tags as well, which the parser does by itself where it does not know them. */
function refusals(document: Document, tags: boolean): DocumentFault[] {
  const faults: DocumentFault[] = []
  const yaml = document.directives?.yaml
  if (yaml?.explicit || Object.keys(document.directives?.tags ?? {}).length > 1)
    faults.push({
      message: 'directives (%YAML, %TAG) are not supported',
      hint: 'remove the line',
      soft: true,
      start: 0,
      end: 1,
    })
  visit(document, {
    Pair: (_key, pair) => {
      if (isScalar(pair.key) && pair.key.value === '<<')
        faults.push({
          message: 'merge keys (<<) are not supported',
          hint: 'write the keys out',
          soft: true,
          ...rangeOf(pair.key),
        })
    },
    Alias: (_key, node, ancestors) => {
      const target = node.resolve(document)
      if (!target)
        faults.push({
          message: `this alias names nothing: there is no &${node.source.slice(0, 60)} above it`,
          ...rangeOf(node),
        })
      else if ((ancestors as readonly unknown[]).includes(target))
        faults.push({ message: 'this alias stands inside the very value that it names', ...rangeOf(node) })
    },
    Node: (_key, node) => {
      if (tags && node.tag && !isAlias(node) && !plainTags.has(node.tag))
        faults.push({
          message: `tags are not supported (${node.tag.slice(0, 60)})`,
          hint: 'remove the tag',
          soft: true,
          ...rangeOf(node),
        })
    },
  })
  return faults
}

const plainTags = new Set(
  ['map', 'seq', 'str', 'int', 'float', 'bool', 'null'].map((name) => `tag:yaml.org,2002:${name}`),
)

function rangeOf(node: Node): Range {
  const [start, end] = node.range ?? [0, 1]
  return { start, end: Math.max(end, start + 1) }
}

function placeOf(document: Document, path: Path, of: 'key' | 'value'): Range | undefined {
  let node: unknown = document.contents
  let key: unknown
  for (const step of path) {
    const target: unknown = isAlias(node) ? node.resolve(document) : node
    if (isMap(target)) {
      const pair = target.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step))
      if (!pair) return undefined
      ;[key, node] = [pair.key, pair.value]
    } else if (isSeq(target)) [key, node] = [undefined, target.items[Number(step)]]
    else return undefined
  }
  const wanted = (of === 'key' ? key : node) ?? key ?? node
  return wanted ? rangeOf(wanted as Node) : undefined
}

const explained: Readonly<Record<string, Omit<DocumentFault, keyof Range>>> = {
  DUPLICATE_KEY: { message: 'this key stands twice', hint: 'keep one of the two', soft: true },
  MULTIPLE_DOCS: { message: 'the file holds more than one YAML document', hint: 'remove the line ---' },
  TAB_AS_INDENT: { message: 'tabs cannot indent YAML', hint: 'use spaces' },
  BAD_INDENT: { message: 'the indentation does not fit the lines above' },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a map cannot begin on this line',
    hint: 'a second ": " on a line must be in quotes',
  },
  MULTILINE_IMPLICIT_KEY: { message: 'a key must be on one line', hint: 'is a colon or a quote missing above?' },
}

/** A tab makes the parser stumble over all that follows; the tab is what matters. */
function yamlFaults(errors: readonly YAMLError[], text: string): DocumentFault[] {
  const tabs = errors.filter((error) => error.code === 'TAB_AS_INDENT')
  return (tabs.length > 0 ? tabs : errors).map((error) => yamlFault(error, text))
}

function yamlFault(error: YAMLError, text: string): DocumentFault {
  const [from, to] = error.pos
  const start = Math.min(from, text.length)
  const range = { start, end: Math.max(start + 1, Math.min(to, text.length)) }
  const known = explained[error.code]
  if (error.code === 'DUPLICATE_KEY')
    return { ...known, message: 'this key stands twice', start, end: start + wordLength(text, start) }
  if (known) return { ...known, ...range }
  if (error.code === 'MISSING_CHAR' && /quote/.test(error.message))
    return {
      message: 'a quote was opened and is never closed',
      hint: 'look upwards for the line on which the text begins',
      ...range,
    }
  if (error.code === 'TAG_RESOLVE_FAILED')
    return {
      message: `tags are not supported (${text.slice(start, range.end).slice(0, 60)})`,
      hint: 'remove the tag',
      soft: true,
      ...range,
    }
  // The library itself catches the overflow of its recursion.
  if (/call stack/i.test(error.message)) return { message: 'the file is nested too deeply', ...range }
  return { message: firstLine(error.message), ...range }
}

function wordLength(text: string, start: number): number {
  return /^("[^"\n]*"|'[^'\n]*'|[^\s:,}]+)/.exec(text.slice(start, start + 200))?.[0].length ?? 1
}

function firstLine(message: string): string {
  const line = (message.split('\n')[0] as string).replace(/\.$/, '')
  return line.charAt(0).toLowerCase() + line.slice(1)
}
