// What lasts: said when it begins and when it changes, not each time that somebody notices it again.
import type { LogRecord } from './describe.ts'
import type { TelemetryEvent } from './events.ts'

/** Conditions that are remembered; beyond it the oldest is forgotten and may be said again. */
const maxRemembered = 10_000

/** The conditions that one log has spoken of. */
export interface Conditions {
  /** Forgets what the event ends; what is to be said of that, unless the event says it itself. */
  end(event: TelemetryEvent): LogRecord | undefined
  /** Whether it is to be said; undefined for what is no condition. */
  isNews(event: TelemetryEvent): boolean | undefined
  /** Whether it is an attempt that failed for what was said of the outage it belongs to. */
  isKnown(event: TelemetryEvent): boolean
}

export function createConditions(): Conditions {
  const said = new Map<string, string>()

  function end(event: TelemetryEvent): LogRecord | undefined {
    if (event.type === 'state_has_room') said.delete('state_full')
    if (event.type === 'health_changed' && event.to === 'closed') endOutage(event.destination)
    // A pull that works again is worth a line only after one that did not.
    const works = event.type === 'pull_finished' || event.type === 'pull_lasts'
    if (!works || !said.delete(pullKey(event.source))) return undefined
    const { source } = event
    return { level: 'info', type: 'pull_recovered', subject: source, text: 'can be read again', fields: { source } }
  }

  function endOutage(destination: string): void {
    const prefix = outageKey(destination)
    for (const key of said.keys()) if (key.startsWith(prefix)) said.delete(key)
  }

  function isNews(event: TelemetryEvent): boolean | undefined {
    const condition = conditionOf(event)
    if (!condition) return undefined
    const { key, text } = condition
    if (said.get(key) === text) return false
    said.delete(key)
    said.set(key, text)
    if (said.size > maxRemembered) said.delete(said.keys().next().value as string)
    return true
  }

  function isKnown(event: TelemetryEvent): boolean {
    if (event.type !== 'attempt' || (event.verdict !== 'retry' && event.verdict !== 'halt')) return false
    return ['open', 'halted'].some((to) => said.has(causeKey(event.destination, to, event.reason)))
  }

  return { end, isNews, isKnown }
}

function pullKey(source: string): string {
  return `pull\n${source}`
}

/** In one outage each cause is said for itself: of a destination that answers now this, now that, both stand in the log once. */
function outageKey(destination: string): string {
  return `outage\n${destination}\n`
}

function causeKey(destination: string, to: string, reason: { readonly code: string } | null | undefined): string {
  return `${outageKey(destination)}${to}\n${reason?.code}`
}

/** Equal text under the same key is the same news. */
function conditionOf(event: TelemetryEvent): { readonly key: string; readonly text: string } | undefined {
  if (event.type === 'pull_failed') return { key: pullKey(event.source), text: `${event.kind} ${event.text}` }
  if (event.type === 'state_full') return { key: event.type, text: event.text }
  if (event.type === 'health_changed' && event.to !== 'closed')
    return { key: causeKey(event.destination, event.to, event.reason), text: '' }
  if (event.type !== 'source_notice') return undefined
  return { key: `notice\n${event.source}\n${event.code}\n${event.subject}`, text: `${event.level} ${event.text}` }
}
