// Events in another form: written anew, parted by their new size, and judged each for itself.
import { describe, expect, it } from 'vitest'
import { dressed } from '../../../src/delivery/dressing.ts'
import { OpenBatch, QueuedEvent } from '../../../src/delivery/open-batch.ts'
import type { Destination } from '../../../src/destinations/destination.ts'
import { encodeBatch } from '../../../src/destinations/encode.ts'
import type { Batch, Dress } from '../../../src/model/batch.ts'
import { DELIVERED, forAll, type Outcome, type Verdict } from '../../../src/model/verdict.ts'
import { pageOf } from './rig.ts'

const signal = new AbortController().signal
const plain = { maxEvents: 100, maxBytes: 1_000, overheadBytes: 10 }

/** Each event becomes so many bytes. */
function growing(size: (index: number) => number, complete = true): Dress {
  return { complete, write: ({ seq }) => Buffer.from(`{"n":"${'x'.repeat(size(seq - 1) - 8)}"}`) }
}

function queued(count: number): Batch {
  const page = pageOf(count, 1)
  const events = Array.from(
    { length: count },
    (_, index) => new QueuedEvent({ seq: index + 1, source: 'app', page, index }, { atMs: 5, text: 'then' }, 2),
  )
  return new OpenBatch({ destination: 'siem', queue: 'live', ordinal: 0, window: null }, events, { from: 1, bytes: 1 })
}

function receiving(answer: (batch: Batch, index: number) => Outcome): Destination & { readonly got: Batch[] } {
  const got: Batch[] = []
  return {
    got,
    send: (batch) => Promise.resolve(answer(batch, got.push(batch) - 1)),
    close: () => Promise.resolve(),
  }
}

const taken = (batch: Batch): Outcome => ({ verdicts: forAll(batch.events.length, DELIVERED) })
const failing = (verdict: Verdict) => (batch: Batch, index: number) =>
  index === 0 ? { verdicts: forAll(batch.events.length, verdict) } : taken(batch)

async function verdictsOf(outcome: Outcome): Promise<readonly Verdict[]> {
  return 'verdicts' in outcome ? outcome.verdicts : outcome.confirmation
}

describe('a dressed destination', () => {
  it('sends what was written, with everything else that belongs to the event', async () => {
    const inner = receiving(taken)
    const batch = queued(2)
    await dressed(
      inner,
      growing(() => 20),
      plain,
    ).send(batch, signal)
    const [sent] = inner.got
    expect(sent?.id).toBe(batch.id)
    expect(encodeBatch(sent as Batch, 'lines').toString()).toBe(
      `{"n":"${'x'.repeat(12)}"}\n{"n":"${'x'.repeat(12)}"}\n`,
    )
    for (const [index, event] of (sent as Batch).events.entries()) {
      const { seq, key, timeMs, source, attempt, firstAttemptedAt, tags } = batch.events[index] as Batch['events'][0]
      expect(event).toMatchObject({ seq, key, timeMs, source, attempt, firstAttemptedAt, tags })
    }
  })

  it('one that is not complete still gets its stream', async () => {
    const inner = receiving(taken)
    await dressed(
      inner,
      growing(() => 20, false),
      plain,
    ).send(queued(1), signal)
    const text = encodeBatch(inner.got[0] as Batch, 'object').toString()
    expect(JSON.parse(text)).toMatchObject({ n: 'x'.repeat(12), stream: { destination_id: 'siem', attempt: 3 } })
  })

  it('parts a batch that has outgrown one request, each part with an id of its own that is always the same', async () => {
    const ids = async (): Promise<string[]> => {
      const inner = receiving(taken)
      const outcome = await dressed(
        inner,
        growing(() => 300),
        plain,
      ).send(queued(8), signal)
      expect(await verdictsOf(outcome)).toEqual(forAll(8, DELIVERED))
      expect(inner.got.map(({ events }) => events.length)).toEqual([3, 3, 2])
      return inner.got.map(({ id }) => id)
    }
    const first = await ids()
    expect(new Set(first).size).toBe(3)
    expect(await ids()).toEqual(first)
  })

  it('what is to be added to each event counts, too', async () => {
    const inner = receiving(taken)
    const limits = { ...plain, maxBytes: 400 }
    await dressed(
      inner,
      growing(() => 180, false),
      limits,
    ).send(queued(4), signal)
    for (const batch of inner.got) expect(encodeBatch(batch, 'array').length).toBeLessThanOrEqual(limits.maxBytes)
    expect(inner.got).toHaveLength(4)
  })

  it('an event that fits into no request is refused alone, and its neighbours travel', async () => {
    const inner = receiving(taken)
    const sizes = (index: number): number => (index === 1 ? 2_000 : 20)
    const verdicts = await verdictsOf(await dressed(inner, growing(sizes), plain).send(queued(3), signal))
    expect(verdicts.map(({ kind }) => kind)).toEqual(['delivered', 'reject', 'delivered'])
    expect(verdicts[1]).toMatchObject({ local: true, reason: { code: 'too_large' } })
    expect(inner.got.flatMap(({ events }) => events.map(({ seq }) => seq))).toEqual([1, 3])
  })

  it('an event that cannot be written is refused, never sent as it is, and its neighbours travel', async () => {
    const inner = receiving(taken)
    const dress: Dress = {
      complete: true,
      write: ({ seq }) => (seq === 2 ? undefined : Buffer.from(`{"n":${seq}}`)),
    }
    const verdicts = await verdictsOf(await dressed(inner, dress, plain).send(queued(3), signal))
    expect(verdicts.map(({ kind }) => kind)).toEqual(['delivered', 'reject', 'delivered'])
    expect(verdicts[1]).toMatchObject({ reason: { code: 'unmappable' } })
    expect(inner.got.flatMap(({ events }) => events.map(({ seq }) => seq))).toEqual([1, 3])
  })

  it('when the destination fails, it is not asked about the rest, which spends nothing', async () => {
    const reason = { code: 'http_503', text: 'busy' }
    const inner = receiving(failing({ kind: 'retry', reason, afterMs: 7 }))
    const verdicts = await verdictsOf(
      await dressed(
        inner,
        growing(() => 600),
        plain,
      ).send(queued(3), signal),
    )
    expect(inner.got).toHaveLength(1)
    expect(verdicts).toEqual([
      { kind: 'retry', reason, afterMs: 7 },
      ...forAll(2, { kind: 'retry', reason, afterMs: 7, untried: true }),
    ])
  })

  it('a refused part says nothing about the next', async () => {
    const inner = receiving(failing({ kind: 'reject', reason: { code: 'http_400', text: 'no' } }))
    const verdicts = await verdictsOf(
      await dressed(
        inner,
        growing(() => 600),
        plain,
      ).send(queued(2), signal),
    )
    expect(verdicts.map(({ kind }) => kind)).toEqual(['reject', 'delivered'])
  })

  it('waits for confirmations that come apart, in the order of the events', async () => {
    const inner = receiving((batch, index) =>
      index === 0
        ? { confirmation: Promise.resolve(forAll(batch.events.length, DELIVERED)), pauseMs: 3 }
        : taken(batch),
    )
    const outcome = await dressed(
      inner,
      growing(() => 600),
      plain,
    ).send(queued(2), signal)
    expect(outcome.pauseMs).toBe(3)
    expect('confirmation' in outcome && (await outcome.confirmation)).toEqual(forAll(2, DELIVERED))
  })
})
