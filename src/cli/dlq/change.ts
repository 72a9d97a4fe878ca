// What `dlq replay` and `dlq purge` share: what is meant, shown before anything is done about it.
import { printable } from '../../telemetry/escape.ts'
import { counted, countText } from '../../telemetry/units.ts'
import { paintFor } from '../paint.ts'
import { renderTable } from '../table.ts'
import type { Output } from '../world.ts'
import type { Choice } from './chosen.ts'

/** A heading such as `1,200 dead letters would be replayed`, and how many of each kind. */
export function choiceLines({ total, kinds }: Choice, what: string, output: Output): readonly string[] {
  const paint = paintFor(output)
  const rows = kinds.map(({ destination, cause, code, letters }) => [
    { text: destination },
    { text: countText(letters) },
    { text: cause },
    { text: code },
  ])
  const columns = [
    { title: 'DESTINATION' },
    { title: 'LETTERS', align: 'right' as const },
    { title: 'CAUSE' },
    { title: 'CODE', yields: 1 },
  ]
  return [
    paint.strong(printable(`${counted(total, 'dead letter')} ${what}`)),
    ...(total === 0 ? [] : renderTable(columns, rows, { width: output.columns, paintTitle: paint.faint })),
  ]
}

/** The same as it stands in JSON. */
export function choiceJson({ total, kinds }: Choice): object {
  return { dead_letters: total, groups: kinds }
}
