// Which days of Zuora's audit tables may hold the events of a window. Zuora asks for `year`, `month` and `day` in every query. They are of
// the day on which a record was made, which may be later than its event, in a time zone that Zuora does not name ("Table
// auditobjectchangeevent"): therefore the days around a window are looked at as well.
import type { Window } from '../source.ts'

const dayMs = 86_400_000

/** SQL that holds for these days alone, `around` days before and after the window included. */
export function daysOf({ from, to }: Window, around: number): string {
  const months = new Map<string, number[]>()
  const first = Math.floor(from / dayMs) - around
  const last = Math.floor((Math.max(to, from + 1) - 1) / dayMs) + around
  for (let day = first; day <= last; day++) {
    const date = new Date(day * dayMs)
    const month = `year = ${date.getUTCFullYear()} AND month = ${date.getUTCMonth() + 1}`
    months.set(month, [...(months.get(month) ?? []), date.getUTCDate()])
  }
  const terms = [...months].map(([month, days]) => `(${month} AND day IN (${days.join(', ')}))`)
  return terms.length === 1 ? (terms[0] as string) : `(${terms.join(' OR ')})`
}
