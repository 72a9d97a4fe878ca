// How many columns of a terminal a text takes, and cutting to that. Names and event text may hold any script.

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
/** East Asian scripts, full-width forms and pictures: two columns. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\ua960-\ua97c\uac00-\ud7a3\uff01-\uff60\uffe0-\uffe6]|\p{Script=Han}|\p{Emoji_Presentation}|\ufe0f/u
const plain = /^[\x20-\x7e]*$/

export function textWidth(text: string): number {
  if (plain.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment)
  return width
}

function graphemeWidth(grapheme: string): number {
  if (/^\p{Mark}+$/u.test(grapheme)) return 0
  return wide.test(grapheme) ? 2 : 1
}

/** The text, or as much of its beginning as fits `width` columns with an ellipsis. */
export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    used += graphemeWidth(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

/** Words on lines of at most `width` columns; a word that is longer than a line is left whole, so that it can be copied. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && textWidth(longer) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}

/** A name and, from column `indent` on, the lines that belong to it. */
export function besideName(name: string, lines: readonly string[], indent: number): readonly string[] {
  const [first = '', ...rest] = lines
  const space = ' '.repeat(indent)
  return [name + ' '.repeat(Math.max(2, indent - textWidth(name))) + first, ...rest.map((line) => space + line)]
}
