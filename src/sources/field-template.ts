// Text joined from several parts of a record: `{{aggregate.id}}/{{sequence}}`.
import { parsePath, pathFault, type Path } from './path.ts'

/** Text as it is, or what stands at a path; `itemNumber`: which item of its list the event is made of. */
export type TemplatePart = string | { readonly path: Path; readonly written: string } | typeof itemNumber

/** Which item of its list, from 0; written `{{#}}`. */
export const itemNumber = Symbol('item number')

const placeholder = /\{\{(.*?)\}\}/gu

/** What is wrong with a template; undefined when nothing is. */
export function templateFault(text: string): string | undefined {
  const inner = [...text.matchAll(placeholder)].map((match) => (match[1] as string).trim())
  if (/\{\{|\}\}/u.test(text.replaceAll(placeholder, ''))) return 'every {{ needs its }}, and the other way round'
  if (inner.length === 0) return 'expected paths in it, such as {{user.id}}/{{sequence}}'
  return inner.map((path) => (path === '#' ? undefined : pathFault(path))).find((fault) => fault !== undefined)
}

/** The parts of a template without faults. */
export function parseTemplate(text: string): readonly TemplatePart[] {
  // Split by a pattern with one group: text and placeholders take turns.
  return text
    .split(placeholder)
    .map((part, index) => (index % 2 === 0 ? part : placeholderOf(part.trim())))
    .filter((part) => part !== '')
}

function placeholderOf(written: string): TemplatePart {
  return written === '#' ? itemNumber : { path: parsePath(written), written }
}
