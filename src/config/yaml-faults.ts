// How the YAML parser's complaints read, without anything of the file in them: it may be a secret.
import type { Node, YAMLError } from 'yaml'

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

/** Where a node stands, never empty. */
export function rangeOf(node: Node): Range {
  const [start, end] = node.range ?? [0, 1]
  return { start, end: Math.max(end, start + 1) }
}

/** Does not show the tag: it may be an unquoted password that begins with an exclamation mark. */
export const tagFault = {
  message: 'tags are not supported',
  hint: 'a text that begins with ! must be in quotes',
  soft: true,
} as const

export const directiveFault = {
  message: 'directives (%YAML, %TAG) are not supported',
  hint: 'remove the line',
  soft: true,
} as const

const explained: Readonly<Record<string, Omit<DocumentFault, keyof Range>>> = {
  TAG_RESOLVE_FAILED: tagFault,
  BAD_DIRECTIVE: directiveFault,
  MULTIPLE_DOCS: { message: 'the file holds more than one YAML document', hint: 'remove the line ---' },
  TAB_AS_INDENT: { message: 'tabs cannot indent YAML', hint: 'use spaces' },
  BAD_INDENT: { message: 'the indentation does not fit the lines above' },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a map cannot begin on this line',
    hint: 'a second ": " on a line must be in quotes',
  },
  MULTILINE_IMPLICIT_KEY: { message: 'a key must be on one line', hint: 'is a colon or a quote missing above?' },
}

/** Every complaint of the parser. A tab makes the parser stumble over all that follows; the tab is what matters. */
export function yamlFaults(errors: readonly YAMLError[], text: string): DocumentFault[] {
  const tabs = errors.filter((error) => error.code === 'TAB_AS_INDENT')
  return (tabs.length > 0 ? tabs : errors).map((error) => yamlFault(error, text))
}

function yamlFault(error: YAMLError, text: string): DocumentFault {
  const [from, to] = error.pos
  const start = Math.min(from, text.length)
  const range = { start, end: Math.max(start + 1, Math.min(to, text.length)) }
  const known = explained[error.code]
  if (known) return { ...known, ...range }
  if (error.code === 'MISSING_CHAR' && /quote/.test(error.message))
    return {
      message: 'a quote was opened and is never closed',
      hint: 'look upwards for the line on which the text begins',
      ...range,
    }
  // The library itself catches the overflow of its recursion.
  if (/call stack/i.test(error.message)) return { message: 'the file is nested too deeply', ...range }
  return { message: firstLine(error.message), ...range }
}

function firstLine(message: string): string {
  // The parser quotes what it did not expect, which may be anything.
  const line = (message.split('\n')[0] as string).replace(/[:"%\\].*$/, '').replace(/[. ]*$/, '')
  return line.charAt(0).toLowerCase() + line.slice(1)
}
