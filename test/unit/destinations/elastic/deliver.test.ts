// Elastic destinations against a cluster that keeps what it is sent: what is stored, and what a wrong set-up does.
import { afterEach, describe, expect, it } from 'vitest'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { batchNamed, batchOf, eventText } from '../../../fakes/batches.ts'
import type { ClusterOptions } from '../../../fakes/bulk-server.ts'
import { type BulkStage, bulkStage, NAME, storedIds as stored } from '../../../fakes/bulk-stage.ts'

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

describe('what is stored', () => {
  it('the event, its time and its delivery, in a data stream', async () => {
    const { cluster, send, receiver } = await staged()
    expect(await send(batchNamed('a', 2))).toEqual([{ kind: 'delivered' }, { kind: 'delivered' }])
    expect(cluster.documents(NAME)[0]).toEqual({
      '@timestamp': '2026-05-17T08:00:00.000Z',
      event_id: 'a-0',
      event_type: 'user.signed_in',
      occurred_at: '2026-05-17T08:00:00Z',
      data: {},
      stream: { destination_id: 'archive', attempt: 1, first_attempted_at: '2026-05-17T08:00:00.000Z' },
    })
    const [request] = receiver.requests
    expect(request?.headers['content-length']).toBe(`${request?.body.length}`)
    expect(request?.headers['transfer-encoding']).toBeUndefined()
  })

  it.each([
    ['as its first key', '{"@timestamp":"2020-01-01T00:00:00Z","event_id":"1"}'],
    [
      'as its last key, with blanks',
      '{ "event_id" : "1", "a":{"b":["}","\\"{"]} , "@timestamp" : "2020-01-01T00:00:00Z" }',
    ],
    ['spelled with an escape', '{"event_id":"1","\\u0040timest\\u0061mp":"2020-01-01T00:00:00Z"}'],
  ])('an event that has a time stamp of its own, %s, keeps it', async (_, text) => {
    const { cluster, send } = await staged()
    expect(await send(batchOf([text]))).toEqual([{ kind: 'delivered' }])
    expect(cluster.documents(NAME)[0]).toMatchObject({ '@timestamp': '2020-01-01T00:00:00Z', event_id: '1' })
  })

  it.each([
    ['in an inner object', '{"event_id":"1","data":{"@timestamp":"x","é\\u00e9":1}}'],
    ['as a value', '{"event_id":"1","data":"@timestamp","l":["@timestamp"]}'],
    ['in a text that looks like JSON', '{"event_id":"1","data":"{\\"@timestamp\\":1}"}'],
  ])('those characters %s are no time stamp', async (_, text) => {
    const { cluster, send } = await staged()
    expect(await send(batchOf([text]))).toEqual([{ kind: 'delivered' }])
    expect(cluster.documents(NAME)[0]).toMatchObject({ '@timestamp': '2026-05-17T08:00:00.000Z' })
  })

  it('events in another form: the time is added where the form has none, and nothing else', async () => {
    const { cluster, send } = await staged()
    const texts = ['{"@timestamp":"2020-01-01T00:00:00Z","event":{"id":"1"}}', '{"id":"2","specversion":"1.0"}']
    expect(kinds(await send({ ...batchOf(texts), complete: true }))).toEqual(['delivered', 'delivered'])
    expect(cluster.documents(NAME)).toEqual([
      { '@timestamp': '2020-01-01T00:00:00Z', event: { id: '1' } },
      { '@timestamp': '2026-05-17T08:00:00.000Z', id: '2', specversion: '1.0' },
    ])
  })

  it('an index a day, by the date of the event', async () => {
    const { cluster, send } = await staged({ index: 'audit-%Y.%m.%d' })
    const batch = batchNamed('a', 3)
    const days = [Date.UTC(2026, 0, 31, 23, 59, 59, 999), Date.UTC(2026, 1, 1), Date.UTC(2026, 0, 31)]
    const events = batch.events.map((event, index) => ({ ...event, timeMs: days[index] as number }))
    expect(kinds(await send({ ...batch, events }))).toEqual(['delivered', 'delivered', 'delivered'])
    expect(stored(cluster, 'audit-2026.01.31')).toEqual(['a-0', 'a-2'])
    expect(stored(cluster, 'audit-2026.02.01')).toEqual(['a-1'])
  })

  it('compressed', async () => {
    const { cluster, send, receiver } = await staged({ gzip: true })
    expect(kinds(await send(batchNamed('a', 50)))).toEqual(Array.from({ length: 50 }, () => 'delivered'))
    expect(stored(cluster)).toHaveLength(50)
    expect(receiver.requests[0]?.body.length).toBeLessThan(4000)
  })

  it('two sources may use the same event_id', async () => {
    const { cluster, send } = await staged()
    const text = eventText('1')
    await send(batchOf([text, text], (index) => ({ source: index === 0 ? 'app' : 'web', key: '0'.repeat(32) })))
    expect(stored(cluster)).toEqual(['1', '1'])
  })

  it('without ids the cluster gives them', async () => {
    const { cluster, send } = await staged(
      { ids: false, data_stream: false, index: 'serverless' },
      { refusesIds: true },
    )
    expect(kinds(await send(batchNamed('a', 1)))).toEqual(['delivered'])
    expect(cluster.ids('serverless')).toEqual(['made-1'])
    const strict = await staged({ data_stream: false, index: 'serverless' }, { refusesIds: true })
    expect(await strict.send(batchNamed('a', 1))).toMatchObject([
      { kind: 'reject', reason: { text: expect.stringContaining('Document ID is not supported') as string } },
    ])
  })
})

describe('the set-up', () => {
  it('no data stream of that name: halts, and no ordinary index is made', async () => {
    const { cluster, send } = await staged({ index: 'logs-typo-default' })
    expect(await send(batchNamed('a', 1))).toMatchObject([
      { kind: 'halt', reason: { code: 'index_not_found_exception' } },
    ])
    expect(cluster.names).toEqual([NAME])
  })

  it('no index of that name where none is made: halts', async () => {
    const { send } = await staged({ index: 'audit', data_stream: false }, { autoCreate: false })
    expect(codes(await send(batchNamed('a', 2)))).toEqual(['index_not_found_exception', 'index_not_found_exception'])
  })

  it('a pipeline that is not there halts; one that drops events says so', async () => {
    const missing = await staged({ pipeline: 'geo & ip' })
    expect(await missing.send(batchNamed('a', 1))).toMatchObject([
      {
        kind: 'halt',
        reason: { text: expect.stringContaining('pipeline with id [geo & ip] does not exist') as string },
      },
    ])
    const pipelines = { tidy: (document: Record<string, unknown>) => document['event_id'] === 'a-1' }
    const dropping = await staged({ pipeline: 'tidy' }, { pipelines })
    expect(await dropping.send(batchNamed('a', 2))).toMatchObject([
      { kind: 'delivered' },
      { kind: 'delivered', remark: { code: 'dropped_by_pipeline' } },
    ])
  })

  it.each([
    ['api_key as it is shown', { api_key: Buffer.from('id:some-key').toString('base64') }, 'ApiKey aWQ6c29tZS1rZXk='],
    ['api_key as id:key', { api_key: 'id:some-key' }, 'ApiKey aWQ6c29tZS1rZXk='],
    [
      'user and password',
      { username: 'relay', password: 'pä:ss' },
      `Basic ${Buffer.from('relay:pä:ss').toString('base64')}`,
    ],
  ])('%s; wrong credentials halt', async (_, credentials, authorization) => {
    const { send } = await staged(credentials, { authorization })
    expect(kinds(await send(batchNamed('a', 1)))).toEqual(['delivered'])
    const refused = await staged(credentials, { authorization: 'other' })
    expect(await refused.send(batchNamed('a', 1))).toMatchObject([{ kind: 'halt', reason: { code: 'http_401' } }])
  })

  it('row 52: too large as a whole asks for smaller batches', async () => {
    const { send } = await staged({}, { maxBytes: 400 })
    expect(await send(batchNamed('a', 5))).toMatchObject(
      Array.from({ length: 5 }, () => ({ kind: 'reject', split: true })),
    )
    expect(kinds(await send(batchNamed('b', 1)))).toEqual(['delivered'])
  })
})
