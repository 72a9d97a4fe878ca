// The lines of the file around a fault, with every literal secret masked: faults are printed into logs and tickets.
import { namesSecret, withoutAddressSecrets } from './secret-names.ts'

const linesBefore = 2
const linesAfter = 1
const longestLine = 400

/** The lines of a text, masked once, to be shown around any number of faults. */
export class Frames {
  readonly #lines: readonly string[]

  constructor(text: string) {
    const lines = text.replace(/\r?\n$/, '').split('\n')
    this.#lines = maskLines(lines.map((content) => content.replace(/\r$/, '')))
  }

  /** Lines `line - 2` to `line + 1`, counted from 1. */
  at(line: number): { first: number; lines: string[] } {
    const first = Math.max(1, line - linesBefore)
    const lines = this.#lines.slice(first - 1, line + linesAfter)
    return { first, lines: lines.map((content) => content.slice(0, longestLine)) }
  }
}

const keyed = /(^|[\s{,[?])(["']?)([A-Za-z0-9_.-]+)\2(\s*:(\s+|$))/g
const explicitKey = /^\s*\?\s+["']?([A-Za-z0-9_.-]+)["']?\s*$/
/** With a scheme, or with `user:password@`. Repeats have bounds because a line may be a mebibyte long. */
const address = /[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"',}\]]+|[^\s"'/:@{},[\]]{1,200}:[^\s"'/@]{1,500}@/gi
/** References are no secrets and help to see what is meant. */
const reference = /^(["']?)\$\{[^}]*\}\1(?=\s*($|[,}\]#]))/

/** What the lines so far say about the next one. */
interface Hidden {
  /** Lines that are indented deeper belong to a secret. */
  readonly below: number
  /** The quote that a secret was opened with and that still has to come. */
  readonly quote: string | undefined
}

const nothingHidden: Hidden = { below: Infinity, quote: undefined }

/** Masks by text alone, so that it works on a file that is no YAML; masks too much rather than too little. */
function maskLines(lines: readonly string[]): string[] {
  let hidden = nothingHidden
  return lines.map((line) => {
    const indent = line.search(/\S/)
    if (hidden.quote !== undefined) {
      if (line.includes(hidden.quote)) hidden = { ...hidden, quote: undefined }
      return stars(line)
    }
    if (indent < 0 || indent > hidden.below) return stars(line)
    const { masked, from } = maskLine(line)
    hidden =
      from === undefined
        ? nothingHidden
        : { below: explicitKey.test(line) ? indent - 1 : indent, quote: openQuote(line.slice(from)) }
    return masked
  })
}

/** The line with everything after a key that names a secret hidden, from the offset `from`. */
function maskLine(line: string): { masked: string; from: number | undefined } {
  const plain = line.replace(address, (text) => withoutAddressSecrets(text, (secret) => '*'.repeat(secret.length)))
  const explicit = explicitKey.exec(line)
  if (explicit) return { masked: plain, from: namesSecret(explicit[1] as string) ? line.length : undefined }
  for (const match of line.matchAll(keyed)) {
    const from = match.index + match[0].length
    if (!namesSecret(match[3] as string) || reference.test(line.slice(from))) continue
    return { masked: plain.slice(0, from) + stars(plain.slice(from)), from }
  }
  return { masked: plain, from: undefined }
}

function openQuote(value: string): string | undefined {
  const quote = value[0]
  if (quote !== '"' && quote !== "'") return undefined
  return value.slice(1).includes(quote) ? undefined : quote
}

function stars(text: string): string {
  return text.replace(/[^\s"']/g, '*')
}
