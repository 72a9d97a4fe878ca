// What a person should look at, in whole sentences: everything that `--check` would complain of, and what must not be missed.
import type { DestinationOverview, SourceOverview } from '../../store/store.ts'
import { printable } from '../../telemetry/escape.ts'
import { counted, durationText } from '../../telemetry/units.ts'
import { purgeText } from '../announced-purge.ts'
import { besideName, textWidth, wrap } from '../text-width.ts'
import {
  destinationProblems,
  destinationStatus,
  lastError,
  relayProblems,
  sourceProblems,
  whyNotRead,
  type LastError,
  type Problem,
} from './assess.ts'
import { keptText } from './buffers.ts'
import type { StatusView } from './view.ts'

type Entry = readonly [subject: string, text: string]

/** The relay first, then sources, then destinations; each sentence beside the name that it is about. */
export function attentionLines(view: StatusView): readonly string[] {
  const entries = [
    ...shownHere(relayProblems(view.overview, view.expected, view.now)),
    ...view.overview.sources.flatMap((source) => sourceEntries(source, view)),
    ...view.overview.destinations.flatMap((destination) => destinationEntries(destination, view)),
  ].map(([subject, text]): Entry => [printable(subject), printable(text)])
  const indent = Math.min(30, Math.max(0, ...entries.map(([subject]) => textWidth(subject))) + 2)
  const room = (view.width ?? Infinity) - indent
  return entries.flatMap(([subject, text]) => besideName(subject, wrap(text, room), indent))
}

/** The head says whether the relay runs, and the balance what does not balance; failures and quarantine are told in full. */
const toldElsewhere: ReadonlySet<string> = new Set([
  'not_running',
  'imbalance',
  'failing',
  'quarantined',
  'parked',
  'dead_letters',
])

function shownHere(problems: readonly Problem[]): readonly Entry[] {
  return problems.filter(({ code }) => !toldElsewhere.has(code)).map(({ subject, text }) => [subject, text])
}

function sourceEntries(source: SourceOverview, { expected, now }: StatusView): readonly Entry[] {
  const { name, enabled, lastPull, resting = [], quarantine, quarantined } = source
  const isGone = whyNotRead(source, expected.configured).includes('not_configured')
  const milder = isGone ? [] : (lastPull?.notices.filter(({ level }) => level !== 'error') ?? [])
  const entries = [
    ...(enabled ? [] : [[name, `disabled by command: it is not read; ${enableText('sources', name)}`] as const]),
    ...(isGone ? [[name, 'is not in the configuration: it is not read'] as const] : []),
    ...shownHere(sourceProblems(source, expected, now)),
    ...milder.map(({ text }): Entry => [name, text]),
    ...resting.map(({ backfill, reason }): Entry => [
      name,
      `backfill ${backfill} rests, and is tried again: ${reason}`,
    ]),
  ]
  if (quarantined === 0) return entries
  const newest = quarantine.map(({ at, reason, detail, place }): Entry => [
    name,
    `- ${place}, ${durationText(now - at)} ago: ${detail} (${reason})`,
  ])
  return [...entries, [name, `${counted(quarantined, 'record')} quarantined: kept, not delivered`], ...newest]
}

function destinationEntries(destination: DestinationOverview, { expected, now }: StatusView): readonly Entry[] {
  const { name, state, stopped, discard, waiting, retrying, dead } = destination
  const entries = [...shownHere(destinationProblems(destination, expected, now))]
  if (dead > 0)
    entries.push([name, `${counted(dead, 'dead letter')}; audit-relay dlq stats --destination ${name} says why`])
  const purge = purgeText(destination)
  if (purge !== null)
    entries.push([
      name,
      `${purge}; audit-relay dlq export --destination ${name} keeps a copy, dlq replay sends them again`,
    ])
  const error = lastError(destination)
  if (error && destinationStatus(destination) === 'Active with errors')
    entries.unshift([name, errorSentence(destination, error, now)])
  if (state === 'disabled' && stopped) {
    const fate = discard ? 'what comes is dropped' : 'its events wait'
    entries.unshift([name, `disabled by command: ${fate}; ${enableText('destinations', name)}`])
  }
  if (state === 'parked') {
    const letters = dead === 0 ? '' : ` and ${counted(dead, 'dead letter')}`
    const held = `${counted(waiting + retrying, 'undelivered event')}${letters}`
    entries.unshift([name, `is no longer in the configuration: parked with ${held} until it returns`])
  }
  return entries
}

function enableText(group: 'sources' | 'destinations', name: string): string {
  return `audit-relay ${group} enable ${name} ends that`
}

function errorSentence({ health, buffer }: DestinationOverview, error: LastError, now: number): string {
  const when = `${durationText(now - error.at)} ago, ${error.code}`
  if (!health || health.state === 'closed') return `last error (${when}): ${error.text}`
  const what = health.state === 'halted' ? 'halted because of its set-up' : 'does not take events'
  const next = health.nextTrialAt > now ? `in ${durationText(health.nextTrialAt - now)}` : 'now'
  return `${what} (${when}): ${error.text}. ${keptText(buffer)}; next trial ${next}`
}
