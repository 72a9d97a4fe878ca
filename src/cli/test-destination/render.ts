// The human form of `test-destination`: one block a destination. Pure text; width and paint are handed in.
import { printable } from '../../telemetry/escape.ts'
import { durationText } from '../../telemetry/units.ts'
import type { Paint } from '../paint.ts'
import { wrap } from '../text-width.ts'
import type { Facts } from './facts.ts'
import { isTaken } from './finding.ts'
import type { Tested } from './json.ts'

interface Look {
  readonly paint: Paint
  /** Columns of the terminal; undefined = no limit. */
  readonly width: number | undefined
}

const indent = 12
const narrowest = 20
const mark = '- '

/** The lines of one destination. */
export function testedLines({ facts, finding }: Tested, { paint, width }: Look): readonly string[] {
  const row = (name: string, text: string): readonly string[] => {
    if (text === '') return []
    const lines = wrap(printable(text), Math.max(narrowest, (width ?? Infinity) - indent))
    return lines.map((line, index) => paint.faint((index === 0 ? `  ${name}` : '').padEnd(indent)) + line)
  }
  const bullets = (texts: readonly string[]): readonly string[] =>
    texts.flatMap((text) => {
      const lines = wrap(printable(text), Math.max(narrowest, (width ?? Infinity) - 2 - mark.length))
      return lines.map((line, index) => `  ${index === 0 ? mark : ' '.repeat(mark.length)}${line}`)
    })
  const { exchange, verdict } = facts
  return [
    headline(facts, paint),
    ...row('event', `${facts.eventId} (event_type test.audit_stream)${isTaken(facts) ? lookFor(facts) : ''}`),
    ...row('request', exchange ? `${exchange.method} ${exchange.url}` : ''),
    ...row('answer', answerText(facts)),
    ...row('then', isTaken(facts) ? '' : CONSEQUENCE[verdict.kind]),
    ...(finding.checks.length === 0 ? [] : [paint.strong('  What to check'), ...bullets(finding.checks)]),
    ...(facts.notes.length === 0 ? [] : [paint.strong('  Note'), ...bullets(facts.notes)]),
  ]
}

/** A file and a stream have no receiver; the note says where the event stands. */
function lookFor({ type }: Facts): string {
  return type === 'file' || type === 'stdout' ? '' : ': look for it at the receiver'
}

function headline(facts: Facts, paint: Paint): string {
  const { name, type, enabled, latencyMs } = facts
  const took = durationText(latencyMs)
  const result = isTaken(facts)
    ? paint.good(`took the test event in ${took}`)
    : paint.bad(`did not take the test event (after ${took})`)
  const disabled = enabled ? '' : paint.faint('\n  disabled in the configuration; tested all the same')
  return `${paint.strong(name)} ${paint.faint(`(${type})`)} ${result}${disabled}`
}

/** What came back, or the reason why nothing did. What a kind made of a good status is said with it. */
function answerText({ exchange, verdict }: Facts): string {
  const reason = verdict.kind === 'delivered' ? '' : verdict.reason.text
  const answer = exchange?.answer
  if (!answer) return exchange?.failure ? `none: ${exchange.failure.text}` : reason
  const { status, said } = answer
  const text = said === '' ? `${status}, without a text` : `${status}: ${said}`
  return status >= 200 && status <= 299 && reason !== '' ? `${text}; ${reason}` : text
}

/** What the relay would do with events of yours. */
const CONSEQUENCE = {
  delivered: 'the relay would take it for delivered',
  retry: 'the relay would keep its events and try again; nothing would be lost',
  reject: 'the relay would set this event aside as a dead letter; if every event went that way, it would hold them all',
  halt: 'the relay would hold everything for this destination and try again from time to time; nothing would be lost',
} as const

/** The last lines where several were tested. */
export function summaryLines(tested: readonly Tested[], { paint, width }: Look): readonly string[] {
  const failed = tested.filter(({ facts }) => !isTaken(facts)).map(({ facts }) => facts.name)
  const text =
    failed.length === 0
      ? paint.good(`All ${tested.length} took the test event.`)
      : paint.bad(`${tested.length - failed.length} of ${tested.length} took the test event; not: ${failed.join(', ')}`)
  return width === undefined ? [text] : wrap(text, width)
}
