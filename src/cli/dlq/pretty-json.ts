// Lays JSON out on lines without reading its values: a number keeps every digit that its source wrote.

const step = '  '

/** `text` must be valid JSON. */
export function prettyJson(text: string): string {
  let out = ''
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string
    if (character === '"') {
      const end = stringEnd(text, at)
      out += text.slice(at, end)
      at = end - 1
    } else if (character === '{' || character === '[') {
      const empty = /^\s*[}\]]/.exec(text.slice(at + 1, at + 64))
      if (empty) at += empty[0].length
      out += empty ? character + (character === '{' ? '}' : ']') : character + newLine(++depth)
    } else if (character === '}' || character === ']') out += newLine(--depth) + character
    else if (character === ',') out += character + newLine(depth)
    else if (character === ':') out += ': '
    else if (character > ' ') out += character
  }
  return out
}

function newLine(depth: number): string {
  return `\n${step.repeat(depth)}`
}

/** The place after the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}
