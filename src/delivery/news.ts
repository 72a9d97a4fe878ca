// What a dispatcher notices for the audit: that an outage began, and, where it was asked for, what was delivered. What becomes of the
// relay's own events is never noticed, or each would make another.
import { about, answerOf, type NewNotice, RELAY_SOURCE } from '../store/notices.ts'
import { eventIdOf } from '../store/rebuild-page.ts'
import type { Health } from '../store/store.ts'
import type { Breaker } from './breaker.ts'
import type { OpenBatch, QueuedEvent } from './open-batch.ts'

/** Whether deliveries are audited: one notice for each batch, or for each event. */
export type AuditedDeliveries = 'off' | 'batch' | 'event'

export class Outages {
  readonly #destination: string
  #told: boolean
  #untold: boolean
  #notices: NewNotice[] = []

  /** `saved`: what the last run knew. */
  constructor(destination: string, saved: Health | null) {
    this.#destination = destination
    this.#untold = saved?.untold === true
    this.#told = saved !== null && saved.state !== 'closed' && !this.#untold
  }

  /** An outage goes on that only the relay's own events have met. */
  get untold(): boolean {
    return this.#untold
  }

  /** After each answer; `batch` is what it came for. Once for each outage. */
  look(breaker: Breaker, batch: OpenBatch): void {
    const outage = breaker.state !== 'closed'
    const count = audited(batch.events).length
    const tells = outage && !this.#told && count > 0
    this.#told = outage && (this.#told || tells)
    this.#untold = outage && !this.#told
    if (tells) this.#notices.push(noticeOfOutage(this.#destination, breaker, count))
  }

  /** What is to be written down with the health. */
  take(): readonly NewNotice[] {
    return this.#notices.splice(0)
  }

  /** It could not be written down. */
  giveBack(notices: readonly NewNotice[]): void {
    this.#notices.unshift(...notices)
  }
}

function noticeOfOutage(destination: string, { state, reason }: Breaker, count: number): NewNotice {
  const data = { destination, cause: 'outage', halted: state === 'halted', ...(reason && answerOf(reason)) }
  // Outages that flap for one reason become one notice; another reason is another outage.
  const cause = `outage ${reason?.code}`
  return about('event_failed', { outcome: 'failure', destinations: [destination], count, cause, data })
}

/** What there is to say of the events `[start, end)` of a batch, which were delivered. */
export function noticesOfDelivery(
  { id, destination, events }: OpenBatch,
  [start, end]: readonly [number, number],
  deliveries: AuditedDeliveries,
): readonly NewNotice[] {
  if (deliveries === 'off') return []
  const told = audited(events.slice(start, end))
  const made = (count: number, more: NewNotice['data']): NewNotice =>
    about('event_delivered', { destinations: [destination], count, data: { destination, batch: id, ...more } })
  if (deliveries === 'event')
    return told.map(({ page, index, source }) => made(1, { source, event_id: eventIdOf(page, index) }))
  return told.length === 0 ? [] : [made(told.length, { sources: [...new Set(told.map(({ source }) => source))] })]
}

function audited(events: readonly QueuedEvent[]): readonly QueuedEvent[] {
  return events.filter(({ source }) => source !== RELAY_SOURCE)
}
