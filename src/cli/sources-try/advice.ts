// The one line at the end of a try: what to do next.
import { durationText } from '../../telemetry/units.ts'
import { timeText } from './remarks.ts'
import type { Report } from './report.ts'

export interface Beside {
  readonly showBody: boolean
  /** The file holds one definition, not a configuration. */
  readonly isDefinition: boolean
}

export function nextStep(report: Report, beside: Beside): string {
  const { failure, sighting, remarks, finished } = report
  if (failure) return afterFailure(report, failure.kind, beside)
  if (sighting.records === 0) return afterNothing(report)
  if (sighting.events === 0)
    return 'no record became an event: mend the mapping as it says under QUARANTINE, then try again'
  if (sighting.quarantined.length > 0)
    return 'some records became no event: mend the mapping as it says under QUARANTINE, then try again'
  if (remarks.length > 0)
    return 'look at what stands under LOOK AT, then at the events: ids, types and times must be right'
  const run = beside.isDefinition
    ? 'put it under "sources:" of your configuration, then audit-relay validate'
    : 'audit-relay validate, then audit-relay run'
  return `${finished ? '' : 'more pages: --pages 3; '}if ids, types and times of the events are right: ${run}`
}

function afterFailure({ window, requests, failure }: Report, kind: string, { showBody }: Beside): string {
  if (kind === 'too_wide' && window) {
    const half = timeText(window.from + (window.to - window.from) / 2)
    return `the relay itself would go on with half of the window; to see a page of it: --from ${timeText(window.from)} --to ${half}`
  }
  const { waitMs = null } = failure ?? {}
  if (waitMs !== null) return `wait ${durationText(waitMs)}, then try again; nothing was stored`
  const answered = requests.at(-1)?.answer
  const look = !showBody && answered ? ' (--show-body shows the answers)' : ''
  return `mend what it says, then try again${look}; nothing was stored`
}

function afterNothing({ type, mode, window, parts }: Report): string {
  if (type === 'outbox')
    return 'nothing came: no file matches "path", or none holds a whole line yet (one that ends with a newline): mend "path" or write an event there, then try again'
  const other = parts.length > 1 ? `, or another part (--part ${parts[1]})` : ''
  if (mode === 'start')
    return `nothing came: where something must have happened, look at the request and at records, or ask for more time, as with --from 30d${other}`
  const hours = window ? (window.to - window.from) / 3_600_000 : 0
  const wider = hours < 24 ? '24h' : '30d'
  return `nothing came: if nothing happened in this time, ask for more, as with --from ${wider}${other}; if something did, look at the request and at records`
}
