// ECS. The tables are in `ecs-rules.ts`; what they leave is put under `audit_relay`, and the event's own text, whole, into
// `event.original`.
import { time } from './convert.ts'
import { ECS_OUTCOMES, ECS_ROWS, ECS_RULES, ECS_VERSION, type EcsRule } from './ecs-rules.ts'
import { byType } from './event-type.ts'
import { writerOf } from './mapping.ts'
import type { Write } from './view.ts'

const RULE_OF_ALL: EcsRule = { category: null, types: ['info'], words: /^/ }

export function ecsWriter(): Write {
  const eventRows = ECS_ROWS.filter(({ to }) => to.startsWith('event.'))
  const writeEvent = writerOf(eventRows.map((row) => ({ ...row, to: row.to.slice('event.'.length) })))
  const writeOthers = writerOf(ECS_ROWS.filter((row) => !eventRows.includes(row)))
  const kindOf = byType((words) => kindText(ECS_RULES.find((rule) => rule.words.test(words)) ?? RULE_OF_ALL))
  return (view, { timeMs, stream }) => {
    const outcome = view.json('outcome') ?? '"unknown"'
    if (ECS_OUTCOMES.has(outcome)) view.take('outcome')
    const at = time(view.json('occurred_at'), timeMs)
    if (at === view.json('occurred_at')) view.take('occurred_at')
    const event = writeEvent(view)
    const others = writeOthers(view)
    const rest = view.rest()
    return (
      `{"@timestamp":${at},"ecs":{"version":"${ECS_VERSION}"},` +
      `"event":{"kind":"event",${kindOf(view.json('event_type') ?? '""')},` +
      `"outcome":${ECS_OUTCOMES.has(outcome) ? outcome : '"unknown"'},${event},` +
      `"original":${JSON.stringify(view.text)}}${others === '' ? '' : ','}${others},` +
      `"audit_relay":{${rest}${rest === '' ? '' : ','}"stream":${stream}}}`
    )
  }
}

function kindText({ category, types }: EcsRule): string {
  return `${category === null ? '' : `"category":["${category}"],`}"type":${JSON.stringify(types)}`
}
