// Makes text that somebody else wrote harmless to a terminal and to a log: no control sequences, no hidden direction changes,
// no second line. Leaves meaning and width alone.

/** C0, DEL, C1, line and paragraph separators, and the marks that turn or hide text; not the joiners, which scripts need. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g

/** One line of printable text; what was dangerous is shown as `\n`, `\t` or `\u001b`. */
export function printable(text: string): string {
  return text.replace(unsafe, escaped)
}

/** JSON of `value` on one line, with the characters escaped that JSON itself would let through to a terminal. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, unicodeEscape)
}

function escaped(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return '\\t'
  return unicodeEscape(character)
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Replaces each secret by `[secret]`. Very short ones are left: they would turn every line to noise and protect nothing. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets)
    if (secret.length >= shortestSecret && clean.includes(secret)) clean = clean.replaceAll(secret, '[secret]')
  return clean
}

const shortestSecret = 4
