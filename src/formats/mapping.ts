// A mapping is a table of rows: which value of the canonical event goes where. This makes a writer of it.
import type { EventView, Path } from './view.ts'

/** The JSON to write for the JSON of a value; undefined when it does not fit there. */
type Convert = (json: string) => string | undefined
type When = (view: EventView) => boolean

/** A value that is put somewhere. What no row takes is kept apart by the format. */
export interface Row {
  readonly from: Path
  /** Dots part the names of nested objects. */
  readonly to: string
  readonly as: Convert
  readonly when?: When
  /** The value is only derived from: it still counts as not placed. */
  readonly copy?: true
}

/** A value that no single field of the event gives: its JSON, '' for none. */
export interface Made {
  readonly to: string
  readonly make: (view: EventView) => string
}

interface Node {
  readonly key: string
  readonly children: Node[]
  /** The first that gives something is written. */
  readonly leaves: ((view: EventView) => string)[]
}

/** Writes the members that the rows give, without the braces around them. */
export function writerOf(rows: readonly (Row | Made)[]): (view: EventView) => string {
  const root: Node = { key: '', children: [], leaves: [] }
  for (const row of rows) nodeAt(root, row.to.split('.')).leaves.push('make' in row ? row.make : leafOf(row))
  return (view) => membersOf(root, view)
}

function nodeAt(root: Node, steps: readonly string[]): Node {
  let node = root
  for (const step of steps) {
    const key = `"${step}":`
    let child = node.children.find((one) => one.key === key)
    if (!child) node.children.push((child = { key, children: [], leaves: [] }))
    node = child
  }
  return node
}

function leafOf({ from, as, when, copy }: Row): (view: EventView) => string {
  return (view) => {
    const json = view.json(from)
    const made = json === undefined || (when && !when(view)) ? undefined : as(json)
    if (made === undefined) return ''
    if (!copy) view.take(from)
    return made
  }
}

function membersOf(node: Node, view: EventView): string {
  let members = ''
  for (const child of node.children) {
    const value = valueOf(child, view)
    if (value !== '') members += `${members === '' ? '' : ','}${child.key}${value}`
  }
  return members
}

function valueOf(node: Node, view: EventView): string {
  for (const leaf of node.leaves) {
    const value = leaf(view)
    if (value !== '') return value
  }
  const members = node.children.length === 0 ? '' : membersOf(node, view)
  return members === '' ? '' : `{${members}}`
}
