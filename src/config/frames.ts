// The lines of the file around a fault, with every literal secret masked: faults are printed into logs and tickets.
import { namesSecret, withoutAddressSecrets } from './secret-names.ts'

const linesBefore = 2
const linesAfter = 1
const longestLine = 400

/** Lines `line - 2` to `line + 1` (1-based) of `text`. */
export function frameAt(text: string, line: number): { first: number; lines: string[] } {
  const lines = text.split('\n').map((content) => content.replace(/\r$/, ''))
  const masked = maskLines(lines)
  const first = Math.max(1, line - linesBefore)
  return { first, lines: masked.slice(first - 1, line + linesAfter).map((content) => content.slice(0, longestLine)) }
}

const keyed = /(^|[\s{,[?])(["']?)([A-Za-z0-9_.-]+)\2(\s*:\s+)/g
/** With a scheme, or with `user:password@`. */
const address = /[a-z][a-z0-9+.-]*:\/\/[^\s"',}\]]+|[^\s"'/:@{},[\]]+:[^\s"'/@]+@/gi
const blockHeader = /^[|>][-+0-9]*\s*(#.*)?$/

/** Masks by text alone, so that it works on a file that is no YAML; masks too much rather than too little. */
function maskLines(lines: readonly string[]): string[] {
  let hiddenBelow = -1
  return lines.map((line) => {
    const indent = line.search(/\S/)
    if (hiddenBelow >= 0 && (indent > hiddenBelow || indent < 0)) return stars(line)
    hiddenBelow = -1
    const { masked, continues } = maskLine(line)
    if (continues) hiddenBelow = indent
    return masked
  })
}

function maskLine(line: string): { masked: string; continues: boolean } {
  let masked = line.replace(address, (text) => withoutAddressSecrets(text, (secret) => '*'.repeat(secret.length)))
  let continues = false
  for (const match of `${line} `.matchAll(keyed)) {
    if (!namesSecret(match[3] as string)) continue
    const at = match.index + match[0].length
    const value = line.slice(at)
    if (value.trim() === '' || blockHeader.test(value)) continues = true
    else {
      const end = at + valueLength(value)
      masked = masked.slice(0, at) + maskValue(masked.slice(at, end)) + masked.slice(end)
      // A plain or quoted text may go on in deeper lines.
      continues = true
    }
  }
  return { masked, continues }
}

/** To the closing quote, or to what ends a value in a flow map, or to the end of the line. */
function valueLength(value: string): number {
  const quote = value[0]
  if (quote === '"' || quote === "'") {
    const close = value.indexOf(quote, 1)
    return close < 0 || value[close - 1] === '\\' ? value.length : close + 1
  }
  const end = value.search(/[,}\]]/)
  return end < 0 || value.startsWith('$') ? referenceEnd(value, end) : end
}

function referenceEnd(value: string, end: number): number {
  if (end < 0) return value.length
  const close = value.indexOf('}')
  return close < 0 ? value.length : close + 1
}

/** References are no secrets and help to see what is meant. */
function maskValue(value: string): string {
  const kept = /^(["']?)\$\{[^}]*\}\1\s*$/.test(value) || /^(true|false|null|~)?\s*$/.test(value)
  return kept ? value : stars(value)
}

function stars(text: string): string {
  return text.replace(/[^\s"']/g, '*')
}
