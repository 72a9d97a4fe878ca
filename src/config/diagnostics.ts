// How faults of the configuration look to a person: place, sentence, the lines with a mark under them, what to do.
import { relative } from 'node:path'
import { styleText } from 'node:util'
import type { ConfigFault } from '../model/errors.ts'

export interface FaultFormat {
  readonly colour: boolean
  /** Paths are shown relative to this folder when that is shorter. */
  readonly cwd: string
}

/** All faults, in the order of their places, and a line that counts them. No newline at the end. */
export function formatFaults(faults: readonly ConfigFault[], format: FaultFormat): string {
  const sorted = [...faults].sort((a, b) => compare(a, b))
  return [...sorted.map((fault) => formatFault(fault, format)), closing(faults)].join('\n\n')
}

function compare(a: ConfigFault, b: ConfigFault): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}

function formatFault(fault: ConfigFault, format: FaultFormat): string {
  const paint = painter(format.colour)
  const place = [shown(fault.file, format.cwd), fault.line, fault.column].filter((part) => part !== undefined).join(':')
  const severity = paint(fault.severity === 'error' ? ['bold', 'red'] : ['bold', 'yellow'], fault.severity)
  const head = `${paint(['bold'], place)}  ${severity}  ${printable(fault.message)}`
  const frame = fault.frame && fault.line !== undefined ? frameLines(fault, format) : []
  const hint = fault.hint === undefined ? [] : [`  ${paint(['cyan'], `→ ${printable(fault.hint)}`)}`]
  return [head, ...frame, ...hint].join('\n')
}

function frameLines(fault: ConfigFault, format: FaultFormat): string[] {
  const { first, lines } = fault.frame as NonNullable<ConfigFault['frame']>
  const paint = painter(format.colour)
  const width = String(first + lines.length - 1).length
  return lines.flatMap((text, index) => {
    const number = first + index
    const here = number === fault.line
    const gutter = paint(['dim'], `${here ? '  >' : '   '} ${String(number).padStart(width)} |`)
    const line = `${gutter} ${printable(text)}`.trimEnd()
    if (!here) return [line]
    const mark = paint(fault.severity === 'error' ? ['red'] : ['yellow'], carets(text, fault))
    return [line, `${paint(['dim'], `    ${' '.repeat(width)} |`)} ${mark}`]
  })
}

/** Marks under the place; tabs are kept so that they line up whatever a tab is worth. */
function carets(line: string, fault: ConfigFault): string {
  const column = Math.min((fault.column ?? 1) - 1, line.length)
  const before = line.slice(0, column).replace(/[^\t]/g, ' ').padEnd(column)
  const length = Math.max(1, Math.min(fault.length ?? 1, line.length - column))
  return before + '^'.repeat(length)
}

/** The file is not trusted to write to a terminal. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '·')
}

function closing(faults: readonly ConfigFault[]): string {
  const errors = faults.filter((fault) => fault.severity === 'error').length
  const parts = [counted(errors, 'error'), counted(faults.length - errors, 'warning')].filter((part) => part !== '')
  return parts.join(', ')
}

function counted(count: number, word: string): string {
  return count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`
}

function shown(file: string, cwd: string): string {
  const short = relative(cwd, file)
  return short !== '' && !short.startsWith('..') && short.length < file.length ? short : file
}

type Style = Parameters<typeof styleText>[0]

function painter(colour: boolean): (style: Style, text: string) => string {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text)
}
