// What an audit record says in a few words.
import type { Notice, NoticeValue } from '../../store/notices.ts'
import { countText } from '../../telemetry/units.ts'

/** Whom it is about. */
export function aboutText({ destinations, source }: Notice): string {
  return destinations.length > 0 ? destinations.join(', ') : (source ?? '-')
}

/** How many events it is about; a dash for what is about a destination or source as a whole, or only begins. */
export function eventsText({ kind, count }: Notice): string {
  return /^(destination_|source_|backfill_started$)/.test(kind) ? '-' : countText(count)
}

const changes: Readonly<Record<string, string>> = {
  created: 'new in the configuration',
  updated: 'its configuration changed',
  renamed: 'renamed in the configuration',
  returned: 'is back in the configuration',
  enabled: 'by the configuration',
  disabled: 'by the configuration',
  parked: 'is no longer in the configuration',
}

/** Its own sentence where it has one; else what its data says. */
export function recordText({ data, destinations, source, outcome }: Notice): string {
  const { text, change, request, cause, reason, ...rest } = data
  // What was asked for; of what failed by itself its name says so.
  const ended = request !== undefined && outcome === 'failure' ? 'failed: ' : ''
  if (typeof text === 'string' && text !== '') return ended + text
  const about = new Set<NoticeValue | undefined>([...destinations, source, '', null, false, undefined])
  const facts = Object.entries({ cause, ...rest })
    .filter(([key, value]) => !inColumns.has(key) && !(reason && inReason.has(key)) && !about.has(value))
    .map(([key, value]) => factText(key, value as NoticeValue))
  const changed = typeof change === 'string' ? [changes[change] ?? change] : []
  const said = [...changed, ...facts].join(', ')
  if (typeof reason !== 'string') return said
  return said === '' ? reason : `${said}: ${reason}`
}

/** What stands in a column of its own, and what the words of an answer begin with. */
const inColumns: ReadonlySet<string> = new Set(['destinations', 'count'])
const inReason: ReadonlySet<string> = new Set(['code', 'status'])

function factText(key: string, value: NoticeValue): string {
  if (key === 'cause') return String(value)
  const name = key.replaceAll('_', ' ')
  return value === true ? name : `${name} ${valueText(value)}`
}

/** Names that are listed in full; a longer list ends with how many more there are. */
const listed = 3

function valueText(value: NoticeValue): string {
  if (typeof value === 'number') return countText(value)
  if (value === null || !Array.isArray(value)) return String(value)
  const names = value as readonly string[]
  const more = names.length - listed
  return [...names.slice(0, listed), ...(more > 0 ? [`${countText(more)} more`] : [])].join(' ')
}
