// The balance of each destination, in words that add up before the reader's eyes; terms that are zero are left out.
import type { DestinationOverview } from '../../store/store.ts'
import { printable } from '../../telemetry/escape.ts'
import { countText } from '../../telemetry/units.ts'
import { besideName, textWidth, wrap } from '../text-width.ts'
import { imbalances } from './assess.ts'
import type { StatusView } from './view.ts'

/** One paragraph for each destination; a balance that does not hold is red. */
export function balanceLines(view: StatusView): readonly string[] {
  const { destinations } = view.overview
  const indent = Math.max(0, ...destinations.map((destination) => textWidth(printable(destination.name)))) + 2
  return destinations.flatMap((destination) => paragraph(destination, Math.min(indent, 30), view))
}

function paragraph(
  destination: DestinationOverview,
  indent: number,
  { paint, width = Infinity }: StatusView,
): readonly string[] {
  const room = width - indent
  const both = equations(destination)
  const lines =
    textWidth(both.join('; ')) <= room ? [both.join('; ')] : both.flatMap((equation) => wrap(equation, room))
  const faults = imbalances(destination).flatMap((fault) => wrap(`DOES NOT BALANCE: ${fault}`, room))
  const shown = [...lines.map((line) => line.replaceAll('\u00a0', ' ')), ...faults]
  const laid = besideName(printable(destination.name), shown, indent)
  return faults.length === 0 ? laid : laid.map((line) => paint.bad(line))
}

function equations(d: DestinationOverview): readonly string[] {
  const routes = sum([
    [d.filtered, 'filtered'],
    [d.routed, 'routed'],
  ])
  const fates = sum([
    [d.delivered, 'delivered'],
    [d.waiting, 'waiting'],
    [d.retrying, 'retrying'],
    [d.dead, 'dead'],
    [d.dropped, 'dropped'],
  ])
  return [`${term(d.offered, 'offered')} = ${routes}`, `${term(d.routed, 'routed')} = ${fates}`]
}

function sum(terms: readonly (readonly [value: number, word: string])[]): string {
  const shown = terms.filter(([value]) => value !== 0)
  return shown.length === 0 ? '0' : shown.map(([value, word]) => term(value, word)).join(' + ')
}

/** Bound by a no-break space, so that a line never ends between a number and its word. */
function term(value: number, word: string): string {
  return `${countText(value)}\u00a0${word}`
}
