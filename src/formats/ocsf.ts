// OCSF 1.8.0. The tables are in `ocsf-classes.ts` and `ocsf-rows.ts`; what they leave is put into `unmapped`, and the event's own
// text, whole, into `raw_data`.
import { byType } from './event-type.ts'
import { writerOf } from './mapping.ts'
import {
  CLASSES,
  type ClassRule,
  OTHER_ACTIVITY,
  RULES,
  SEVERITIES,
  SEVERITY_NAMES,
  type Shape,
} from './ocsf-classes.ts'
import { FITS, ROWS, STATUS } from './ocsf-rows.ts'
import type { EventView, Write } from './view.ts'

interface Sort {
  /** The rules whose words are in the type. */
  readonly rules: readonly ClassRule[]
  readonly severity: number
}

export function ocsfWriter(): Write {
  const writers = new Map(Object.entries(ROWS).map(([shape, rows]) => [shape, writerOf(rows)]))
  const sortOf = byType((words): Sort => ({
    rules: RULES.filter((rule) => rule.words.test(words)),
    severity: SEVERITIES.find((one) => one.words.test(words))?.id ?? 1,
  }))
  return (view, { timeMs, stream }) => {
    const type = view.json('event_type') ?? '""'
    const { rules, severity } = sortOf(type)
    const { shape, activity } = choose(rules, view)
    const outcome = STATUS[view.json('outcome') ?? '"unknown"']
    if (outcome !== undefined) view.take('outcome')
    const mapped = (writers.get(shape) as (view: EventView) => string)(view)
    const rest = view.rest()
    return (
      `{${classText(shape, activity, type)},"time":${Math.floor(timeMs)},` +
      `${severityText(view.json('outcome') === '"failure"' ? Math.max(severity, 3) : severity)},` +
      `${outcome ?? '"status_id":99,"status":"Other"'},${mapped},` +
      `"unmapped":{${rest}${rest === '' ? '' : ','}"stream":${stream}},"raw_data":${JSON.stringify(view.text)}}`
    )
  }
}

function choose(rules: readonly ClassRule[], view: EventView): { shape: Shape; activity: number } {
  for (const { shapes, activity } of rules)
    for (const shape of shapes) if (FITS[shape](view)) return { shape, activity }
  return { shape: 'base', activity: OTHER_ACTIVITY }
}

function classText(shape: Shape, activity: number, type: string): string {
  const { category, uid, name, activities } = CLASSES[shape]
  const said = activities[activity]
  return (
    `"category_uid":${category},"class_uid":${uid},"class_name":"${name}","activity_id":${activity},` +
    `"activity_name":${said === undefined ? type : `"${said}"`},"type_uid":${uid * 100 + activity}`
  )
}

function severityText(id: number): string {
  return `"severity_id":${id},"severity":"${SEVERITY_NAMES[id]}"`
}
