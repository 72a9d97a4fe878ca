// Aligned tables. Where a terminal is too narrow, the columns that matter least are left out, then the first is cut.
import { printable } from '../telemetry/escape.ts'
import { cut, textWidth } from './text-width.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Those with the highest number go first when there is no room; 0 (the default) stays. */
  readonly yields?: number
}

export interface Cell {
  readonly text: string
  readonly paint?: ((text: string) => string) | undefined
}

export interface TableOptions {
  /** Columns of the terminal; undefined = as wide as it needs. */
  readonly width: number | undefined
  readonly paintTitle?: (text: string) => string
}

const gap = '  '
const narrowestFirst = 8

/** Lines of a table: titles, then one line a row. Cell text is made printable; paint is applied after it was measured. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions,
): readonly string[] {
  const cells = rows.map((row) => row.map((cell) => ({ ...cell, text: printable(cell.text) })))
  const natural = columns.map((column, index) =>
    Math.max(textWidth(column.title), ...cells.map((row) => textWidth(row[index]?.text ?? ''))),
  )
  const shown = fittingColumns(columns, natural, options.width)
  const widths = withFirstCut(shown, natural, options.width)
  const titles = columns.map((column): Cell => ({ text: column.title, paint: options.paintTitle }))
  return [titles, ...cells].map((row) => rowLine(row, columns, shown, widths))
}

function fittingColumns(columns: readonly Column[], natural: readonly number[], width = Infinity): readonly number[] {
  let shown = columns.map((_, index) => index)
  while (lineWidth(shown, natural) > width) {
    const least = shown.reduce((worst, index) => (yieldsOf(columns, index) >= yieldsOf(columns, worst) ? index : worst))
    if (yieldsOf(columns, least) === 0) break
    shown = shown.filter((index) => index !== least)
  }
  return shown
}

function yieldsOf(columns: readonly Column[], index: number): number {
  return columns[index]?.yields ?? 0
}

function lineWidth(shown: readonly number[], widths: readonly number[]): number {
  return shown.reduce((sum, index) => sum + (widths[index] ?? 0), gap.length * (shown.length - 1))
}

function withFirstCut(shown: readonly number[], natural: readonly number[], width = Infinity): readonly number[] {
  const excess = lineWidth(shown, natural) - width
  const first = natural[0] ?? 0
  return excess > 0 ? [Math.max(Math.min(first, narrowestFirst), first - excess), ...natural.slice(1)] : natural
}

function rowLine(
  row: readonly Cell[],
  columns: readonly Column[],
  shown: readonly number[],
  widths: readonly number[],
): string {
  const parts = shown.map((index) => {
    const cell = row[index] ?? { text: '' }
    const text = cut(cell.text, widths[index] ?? 0)
    const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - textWidth(text)))
    const painted = cell.paint ? cell.paint(text) : text
    return columns[index]?.align === 'right' ? space + painted : painted + space
  })
  return parts.join(gap).trimEnd()
}
