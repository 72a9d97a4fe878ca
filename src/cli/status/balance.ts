// The balance of each source and destination, in words that add up before the reader's eyes; terms that are zero are left out.
import { destinationEquations, type Equation, faultsOf, sourceEquations, type Term } from '../../store/balance.ts'
import { printable } from '../../telemetry/escape.ts'
import { countText } from '../../telemetry/units.ts'
import { besideName, textWidth, wrap } from '../text-width.ts'
import { shownSources } from './assess.ts'
import type { StatusView } from './view.ts'

/** The equations of one source or destination, and what is wrong with them. */
interface Account {
  readonly name: string
  readonly equations: readonly string[]
  readonly faults: readonly string[]
}

/** One paragraph for each source, then for each destination; a balance that does not hold is red. */
export function balanceLines(view: StatusView): readonly string[] {
  const { overview } = view
  const accounts: readonly Account[] = [
    ...shownSources(overview).map((source) => accountOf(source.name, sourceEquations(source))),
    ...overview.destinations.map((one) => accountOf(one.name, destinationEquations(one))),
  ]
  const indent = Math.max(0, ...accounts.map(({ name }) => textWidth(printable(name)))) + 2
  return accounts.flatMap((account) => paragraph(account, Math.min(indent, 30), view))
}

function accountOf(name: string, equations: readonly Equation[]): Account {
  return { name, equations: equations.map(equationText), faults: faultsOf(equations, countText) }
}

function paragraph(account: Account, indent: number, { paint, width = Infinity }: StatusView): readonly string[] {
  const room = width - indent
  const all = account.equations.join('; ')
  const lines = textWidth(all) <= room ? [all] : account.equations.flatMap((equation) => wrap(equation, room))
  const faults = account.faults.flatMap((fault) => wrap(`DOES NOT BALANCE: ${fault}`, room))
  const shown = [...lines.map((line) => line.replaceAll('\u00a0', ' ')), ...faults]
  const laid = besideName(printable(account.name), shown, indent)
  return faults.length === 0 ? laid : laid.map((line) => paint.bad(line))
}

function equationText({ total: [total, word], terms }: Equation): string {
  return `${term(total, word)} = ${sum(terms)}`
}

function sum(terms: readonly Term[]): string {
  const shown = terms.filter(([value]) => value !== 0)
  return shown.length === 0 ? '0' : shown.map(([value, word]) => term(value, word)).join(' + ')
}

/** Bound by a no-break space, so that a line never ends between a number and its word. */
function term(value: number, word: string): string {
  return `${countText(value)}\u00a0${word}`
}
