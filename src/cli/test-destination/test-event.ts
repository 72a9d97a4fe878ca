// The synthetic event and the batch that carries it, made as any other event is made: a draft, a page, a queued event.
import { OpenBatch, QueuedEvent } from '../../delivery/open-batch.ts'
import { Identity } from '../../model/identity.ts'
import type { Random } from '../../runtime/random.ts'
import { PageDraft } from '../../sources/page-draft.ts'

/** Where the test event says that it comes from. */
const source = { name: 'relay', type: 'relay' } as const
const identityBytes = 32
const idBytes = 8

export interface TestEvent {
  /** What to look for at the receiver. */
  readonly id: string
  readonly batch: OpenBatch
}

/** A fresh test event in a batch for `destination`. */
export function testEvent(destination: string, random: Random, nowMs: number): TestEvent {
  const id = `test-${random.hex(idBytes)}`
  const at = new Date(nowMs).toISOString()
  const text = JSON.stringify({
    event_id: id,
    event_type: 'test.audit_stream',
    occurred_at: at,
    outcome: 'success',
    data: { test: true },
  })
  // The key only has to be unlike that of any other event: a test has no state, hence no key of its own.
  const draft = new PageDraft(source, new Identity(Buffer.from(random.hex(identityBytes), 'hex')))
  const bytes = Buffer.from(text)
  const refusal = draft.add(bytes, 0, bytes.length)
  if (refusal) throw new Error(`the test event is no event: ${refusal.detail}`)
  const place = { seq: 1, source: source.name, page: draft.page(), index: 0 }
  const event = new QueuedEvent(place, { atMs: nowMs, text: at }, 0)
  const origin = { destination, queue: 'live', ordinal: 0, window: null } as const
  return { id, batch: new OpenBatch(origin, [event], { from: 1, bytes: draft.size }) }
}
