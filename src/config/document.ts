// A YAML file as plain data, with the place of every key and value. What becomes of either is for others.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml'
import { maxAliases, refusals } from './refusals.ts'
import { type DocumentFault, type Range, rangeOf, yamlFaults } from './yaml-faults.ts'

export type Path = readonly PropertyKey[]

export interface ConfigDocument {
  readonly text: string
  readonly lines: LineCounter
  /** undefined when the faults leave nothing to look at. */
  readonly data: unknown
  readonly faults: readonly DocumentFault[]
  /** Where the value at `path` stands, or where its key does. Undefined when it is not in the file. */
  place(path: Path, of: 'key' | 'value'): Range | undefined
}

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
      uniqueKeys: false,
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
    return { data: document.toJS({ maxAliasCount: maxAliases }), faults: [] }
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
