// Elastic destinations against a cluster that takes some and not others: verdicts event by event, and nothing stored twice.
import { afterEach, describe, expect, it } from 'vitest'
import type { Batch } from '../../../../src/model/batch.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { batchNamed } from '../../../fakes/batches.ts'
import type { ClusterOptions, Fault } from '../../../fakes/bulk-server.ts'
import { type BulkStage, bulkStage, NAME, storedIds as stored } from '../../../fakes/bulk-stage.ts'
import { answerBytes, type Received } from '../../../fakes/http-receiver.ts'

const stages: BulkStage[] = []

afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.close()
})

async function staged(options?: object, of?: ClusterOptions): Promise<BulkStage> {
  const stage = await bulkStage(options, of)
  stages.push(stage)
  return stage
}

const kinds = (verdicts: readonly Verdict[]): string[] => verdicts.map(({ kind }) => kind)
const codes = (verdicts: readonly Verdict[]): (string | undefined)[] =>
  verdicts.map((verdict) => (verdict.kind === 'delivered' ? undefined : verdict.reason.code))

const IN_FAILURE_STORE = {
  kind: 'delivered',
  remark: {
    code: 'failure_store',
    text: 'the receiver keeps it in its failure store, where searches do not look',
    status: 200,
  },
}

describe('what comes twice', () => {
  it('row 54: an answer cut off at any byte: the events are sent again and stored once', async () => {
    const { cluster, receiver, send } = await staged()
    const length = answerBytes(cluster.answer(await requestFor(batchNamed('probe', 2)))).length
    for (let cutAt = 0; cutAt < length; cutAt++) {
      const batch = batchNamed(`cut${cutAt}`, 2)
      receiver.answer((request) => ({ ...cluster.answer(request), cutAt }))
      expect(kinds(await send(batch))).toEqual(['retry', 'retry'])
      receiver.answer((request) => cluster.answer(request))
      expect(await send(batch)).toEqual([{ kind: 'delivered' }, { kind: 'delivered' }])
    }
    const ids = stored(cluster)
    expect(ids).toHaveLength(2 * (length + 1))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('the id is the same at every attempt and in every batch', async () => {
    const { cluster, send } = await staged()
    await send(batchNamed('a', 3))
    const [, second] = batchNamed('a', 3).events
    if (second) await send({ ...batchNamed('a', 3), events: [{ ...second, attempt: 4, firstAttemptedAt: 'x' }] })
    expect(stored(cluster)).toEqual(['a-0', 'a-1', 'a-2'])
  })

  it('a rollover forgets the ids: what is sent again behind it is stored twice', async () => {
    const { cluster, send } = await staged()
    await send(batchNamed('a', 1))
    cluster.rollover(NAME)
    expect(await send(batchNamed('a', 1))).toEqual([{ kind: 'delivered' }])
    expect(stored(cluster)).toEqual(['a-0', 'a-0'])
    expect(new Set(cluster.ids(NAME)).size).toBe(1)
  })
})

describe('row 48: some are taken, some are not', () => {
  const faults: Record<string, Fault> = {
    'a-1': { status: 400, type: 'document_parsing_exception', reason: 'failed to parse field [data.n] of type [long]' },
    'a-2': {
      status: 429,
      type: 'es_rejected_execution_exception',
      reason: 'rejected execution of coordinating operation',
    },
    'a-4': { status: 503, type: 'unavailable_shards_exception', reason: 'primary shard is not active' },
    'a-5': { status: 403, type: 'cluster_block_exception', reason: 'blocked by: [FORBIDDEN/12/index read-only]' },
  }

  it('each event has its own verdict, in order; one that is there already is delivered', async () => {
    const { cluster, send } = await staged()
    const batch = batchNamed('a', 7)
    await send({ ...batch, events: batch.events.slice(3, 4) })
    cluster.fault = ({ event_id: id }) => faults[id as string]
    const verdicts = await send(batch)
    expect(kinds(verdicts)).toEqual(['delivered', 'reject', 'retry', 'delivered', 'retry', 'halt', 'delivered'])
    expect(codes(verdicts)).toEqual([
      undefined,
      'document_parsing_exception',
      'es_rejected_execution_exception',
      undefined,
      'unavailable_shards_exception',
      'cluster_block_exception',
      undefined,
    ])
    expect(verdicts[1]).toMatchObject({
      reason: {
        status: 400,
        text: 'the receiver answered 400 for this event: document_parsing_exception: failed to parse field [data.n] of type [long]',
      },
    })
    expect(stored(cluster)).toEqual(['a-3', 'a-0', 'a-6'])
  })

  it('row 53: one poisoned event at any place is refused alone', async () => {
    for (let place = 0; place < 5; place++) {
      const { cluster, send } = await staged()
      cluster.fault = ({ event_id: id }) => (id === `a-${place}` ? faults['a-1'] : undefined)
      expect(kinds(await send(batchNamed('a', 5)))).toEqual(
        Array.from({ length: 5 }, (_, index) => (index === place ? 'reject' : 'delivered')),
      )
      expect(stored(cluster)).toHaveLength(4)
    }
  })

  it('an answer that explains the refusal of every event of a large batch is read whole', async () => {
    const { cluster, send } = await staged()
    const reason = `failed to parse field [data.n] ${'x'.repeat(900)}`
    cluster.fault = () => ({ status: 400, type: 'document_parsing_exception', reason })
    const verdicts = await send(batchNamed('a', 2000))
    expect(verdicts).toHaveLength(2000)
    expect(new Set(codes(verdicts))).toEqual(new Set(['document_parsing_exception']))
  })

  it('a front that sends the whole answer does no harm', async () => {
    const { cluster, send } = await staged({}, { ignoresFilterPath: true })
    expect(new Set(kinds(await send(batchNamed('a', 2000))))).toEqual(new Set(['delivered']))
    expect(stored(cluster)).toHaveLength(2000)
  })

  it('what the failure store keeps is delivered, and said; without one it is refused', async () => {
    const kept = await staged({}, { failureStores: [NAME] })
    kept.cluster.fault = ({ event_id: id }) => faults[id as string]
    expect((await kept.send(batchNamed('a', 3))).slice(0, 2)).toEqual([{ kind: 'delivered' }, IN_FAILURE_STORE])
    expect(kept.cluster.failures(NAME)).toMatchObject([{ event_id: 'a-1' }])
    const bare = await staged()
    bare.cluster.fault = ({ event_id: id }) => faults[id as string]
    expect(kinds(await bare.send(batchNamed('a', 2)))).toEqual(['delivered', 'reject'])
  })
})

/** What a destination sends for this batch. */
async function requestFor(batch: Batch): Promise<Received> {
  const { receiver, send } = await staged()
  await send(batch)
  return receiver.requests[0] as Received
}
