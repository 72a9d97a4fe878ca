// Batches for the tests of destinations: events as they lie in a page, one after the other.
import { createHash } from 'node:crypto'
import type { Batch, BatchEvent } from '../../src/model/batch.ts'

export type EventChange = Partial<Pick<BatchEvent, 'attempt' | 'firstAttemptedAt' | 'tags' | 'source' | 'key'>>

/** A batch of these JSON texts. `change` tells apart what is not the usual. */
export function batchOf(
  texts: readonly string[],
  change: (index: number) => EventChange = () => ({}),
  destination = 'archive',
): Batch {
  const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''))
  let end = -1
  const events = texts.map((text, index): BatchEvent => {
    const start = end + 1
    end = start + Buffer.byteLength(text)
    return {
      seq: index + 1,
      bytes,
      start,
      end,
      timeMs: Date.UTC(2026, 4, 17, 8),
      key: createHash('sha256').update(text).digest('hex').slice(0, 32),
      source: 'app',
      attempt: 1,
      firstAttemptedAt: '2026-05-17T08:00:00.000Z',
      tags: 0,
      ...change(index),
    }
  })
  const id = createHash('sha256')
    .update(events.map((event) => event.key).join())
    .digest('hex')
    .slice(0, 32)
  return { id, destination, events }
}

/** The JSON text of an event with this id. */
export function eventText(id: string, data: unknown = {}): string {
  return JSON.stringify({ event_id: id, event_type: 'user.signed_in', occurred_at: '2026-05-17T08:00:00Z', data })
}

/** A batch of `count` events whose ids begin with `prefix`. */
export function batchNamed(prefix: string, count: number, destination = 'archive'): Batch {
  return batchOf(
    Array.from({ length: count }, (_, index) => eventText(`${prefix}-${index}`)),
    undefined,
    destination,
  )
}
