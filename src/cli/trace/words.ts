// The fate of an event at a destination, in plain words, and what to do about it. Pure.
import { isoTime } from '../../runtime/clock.ts'
import { RELAY_SOURCE } from '../../store/notices.ts'
import type { TraceDestination, TracedEvent } from '../../store/trace.ts'
import { counted, durationText } from '../../telemetry/units.ts'
import { word } from '../dlq/advice.ts'

/** One word for each fate, as `--json` and the headings have it. */
export const FATE_WORDS: Readonly<Record<TraceDestination['fate']['kind'], string>> = {
  not_offered: 'not offered',
  unrouted: 'not looked at yet',
  filtered: 'filtered',
  waiting: 'waiting',
  retrying: 'retrying',
  delivered: 'delivered',
  dead: 'dead letter',
  settled: 'settled',
}

/** What the heading word leaves open: sentences without their last full stop. */
export function fateText(one: TraceDestination, event: TracedEvent, now: number): string {
  const { source, eventId } = event
  const { fate } = one
  switch (fate.kind) {
    case 'not_offered':
      return `it does not read ${source}, or began after this event came, or has never been enabled`
    case 'unrouted':
      return unroutedText(one, fate.ahead)
    case 'filtered':
      return isAbout(event, one.name)
        ? 'the event is about this destination, and such never go to the destination itself'
        : 'its filter did not take the event when it came'
    case 'waiting':
      return `${aheadText(fate.ahead)} in its queue ${fate.queue}${heldText(one)}`
    case 'retrying':
      return `${counted(fate.attempts, 'attempt')} failed; ${nextText(fate.nextAt, now)}${heldText(one)}`
    case 'delivered':
      return deliveredText(one)
    case 'dead': {
      const chosen = `${word(eventId)} --destination ${word(one.name)}`
      const provisional = fate.provisional ? '. It may go back to waiting by itself' : ''
      return `${fate.cause}, since ${isoTime(fate.diedAt)}${provisional}. See audit-relay dlq show ${chosen}`
    }
    case 'settled':
      return settledText[fate.why]
  }
}

/** Whether it is an event of the relay's own about this destination; unknown once its bytes are gone. */
export function isAbout({ source, bytes }: TracedEvent, destination: string): boolean {
  if (source !== RELAY_SOURCE || bytes === null) return false
  const { data } = JSON.parse(Buffer.from(bytes).toString()) as { data?: { destinations?: readonly string[] } }
  return data?.destinations?.includes(destination) ?? false
}

const settledText = {
  page_gone:
    'nothing is left to be done. Whether it was delivered or filtered is not kept any more: its page has been removed',
  some_dropped:
    'nothing is left to be done. It was delivered or filtered, unless it is one of the events that were dropped or came another way, that day or since; which they were is not kept. audit-relay status counts them',
} as const

function unroutedText({ state }: TraceDestination, ahead: number): string {
  if (state === 'parked')
    return 'the destination is not in the configuration; when it returns its filter looks at what it missed, as far as that is kept'
  return ahead === 0
    ? 'its filter looks at earlier pages, and this one is next'
    : `its filter looks at earlier pages, about ${counted(ahead, 'event')} before this one`
}

function aheadText(ahead: number): string {
  return ahead === 0 ? 'next in turn' : `${counted(ahead, 'event')} ahead of it`
}

/** Why nothing moves although it waits. */
function heldText({ state }: TraceDestination): string {
  if (state === 'enabled') return ''
  return state === 'disabled' ? '; the destination is disabled' : '; the destination is not in the configuration'
}

function nextText(nextAt: number, now: number): string {
  return nextAt <= now ? 'the next is due' : `the next in ${durationText(nextAt - now)}, at ${isoTime(nextAt)}`
}

function deliveredText({ attempts }: TraceDestination): string {
  const last = attempts.findLast(({ verdict }) => verdict === 'delivered' || verdict === 'mixed')
  return last
    ? `at ${isoTime(last.at)}`
    : 'the request is no longer in the log of attempts, which keeps the newest of each destination'
}
