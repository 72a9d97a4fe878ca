// The audit trail by Data Query: jobs, days, results that are cut off, files on another host.
import { expect, test } from 'vitest'
import { daysOf } from '../../../../src/sources/zuora/partitions.ts'
import { drain, hour, idsOf, never, open } from './reading.ts'

const at = (text: string): number => Date.parse(text)
const row = (id: string, timestamp: string, more: object = {}) => ({
  id,
  eventid: `e-${id}`,
  timestamp,
  username: 'ann',
  ...more,
})

test('submits, waits, fetches; asks by day and by time', async () => {
  const { fake, clock, source } = await open({ logs: ['login-events'], entity_ids: 'e1' })
  fake.queries.polls = 3
  fake.queries.add('auditloginevent', row('1', '2026-05-17T07:00:00.000Z'), row('2', '2026-05-17T08:00:00.000Z'))
  const reading = drain(source, 'login-events')
  while (fake.receiver.requests.length < 6) await clock.advance(5000)
  expect(idsOf(await reading)).toEqual(['1'])
  expect(fake.queries.jobs.map(({ query }) => query)).toEqual([
    `SELECT * FROM auditloginevent WHERE (year = 2026 AND month = 5 AND day IN (16, 17, 18)) AND "timestamp" >= from_iso8601_timestamp('2026-05-17T07:00:00.000Z') AND "timestamp" < from_iso8601_timestamp('2026-05-17T08:00:00.000Z') LIMIT 100000`,
  ])
  expect(JSON.parse(fake.receiver.requests[1]?.body.toString() ?? '')).toMatchObject({
    outputFormat: 'JSON',
    compression: 'NONE',
    output: { target: 'S3' },
    sourceData: 'LIVE',
  })
  expect(fake.receiver.requests[1]?.headers).toMatchObject({ 'zuora-entity-ids': 'e1' })
})

test('row 47: the file comes from another host, without credentials or headers for Zuora', async () => {
  const { fake, source } = await open({ logs: ['login-events'], org_ids: 'o1' })
  fake.queries.add('auditloginevent', row('1', '2026-05-17T07:00:00Z'))
  expect((await drain(source, 'login-events')).error).toBeUndefined()
  const [file] = fake.queries.files.requests
  expect(file?.method).toBe('GET')
  expect(Object.keys(file?.headers ?? {})).not.toContain('authorization')
  expect(JSON.stringify(file?.headers)).not.toMatch(/zuora|token/)
})

test('row 47: a file elsewhere than the configuration allows is not fetched, and its signature is not told', async () => {
  const { fake, source } = await open({ logs: ['login-events'], data_query: { hosts: ['*.amazonaws.com'] } })
  fake.queries.add('auditloginevent', row('1', '2026-05-17T07:00:00Z'))
  const { error } = await drain(source, 'login-events')
  expect(error).toMatchObject({ kind: 'denied' })
  expect(error?.message).not.toContain('presigned')
  expect(fake.queries.files.requests).toHaveLength(0)
})

test('a result of as many rows as were asked for is read again in narrower windows', async () => {
  const { fake, source } = await open({ logs: ['login-events'], data_query: { limit: 3 } })
  const times = [1, 2, 3, 4].map((minute) => `2026-05-17T07:0${minute}:00Z`)
  fake.queries.add('auditloginevent', ...times.map((time, index) => row(`${index}`, time)))
  const read = await drain(source, 'login-events')
  expect(read.error).toMatchObject({ name: 'WindowError', kind: 'too_wide' })
  expect(read.events).toEqual([])
  const half = { from: hour.from, to: at('2026-05-17T07:03:00Z') }
  expect(idsOf(await drain(source, 'login-events', { window: half }))).toEqual(['0', '1'])
})

test.each([true, false])('a window without rows is empty, and finished (no file: %s)', async (without) => {
  const { fake, source } = await open({ logs: ['object-changes'] })
  fake.queries.emptyWithoutFile = without
  expect(await drain(source, 'object-changes')).toMatchObject({ events: [], error: undefined })
})

test.each(['failed', 'cancelled'] as const)('a job that has %s is an error', async (end) => {
  const { fake, source } = await open({ logs: ['setting-changes'] })
  fake.queries.end = end
  expect((await drain(source, 'setting-changes')).error).toMatchObject({ name: 'SourceError', kind: 'transient' })
})

test('a job that takes too long makes the window narrower', async () => {
  const { fake, clock, source } = await open({ logs: ['login-events'], data_query: { timeout: '1m', every: '30s' } })
  fake.queries.polls = 1000
  const reading = drain(source, 'login-events')
  let ended = false
  void reading.then(() => (ended = true))
  while (!ended) await clock.advance(30_000)
  expect((await reading).error).toMatchObject({ name: 'WindowError', kind: 'too_wide' })
})

test('a record that was made on the day after its event is found', async () => {
  const { fake, source } = await open({ logs: ['object-changes'] })
  const window = { from: at('2026-05-31T23:00:00Z'), to: at('2026-06-01T00:00:00Z') }
  fake.queries.add(
    'auditobjectchangeevent',
    row('late', '2026-05-31T23:59:59.900Z', { createddate: '2026-06-01T00:00:04Z' }),
  )
  expect(idsOf(await drain(source, 'object-changes', { window }))).toEqual(['late'])
  const exact = await open({ logs: ['object-changes'], data_query: { days_around: 0 } }, fake)
  expect(idsOf(await drain(exact.source, 'object-changes', { window }))).toEqual([])
})

test.each([
  ['2026-05-17T07:00Z', '2026-05-17T08:00Z', 0, '(year = 2026 AND month = 5 AND day IN (17))'],
  ['2026-05-17T00:00Z', '2026-05-18T00:00Z', 0, '(year = 2026 AND month = 5 AND day IN (17))'],
  ['2026-05-17T23:00Z', '2026-05-18T01:00Z', 0, '(year = 2026 AND month = 5 AND day IN (17, 18))'],
  [
    '2026-12-31T23:00Z',
    '2027-01-01T01:00Z',
    0,
    '((year = 2026 AND month = 12 AND day IN (31)) OR (year = 2027 AND month = 1 AND day IN (1)))',
  ],
  [
    '2028-02-28T12:00Z',
    '2028-02-29T12:00Z',
    1,
    '((year = 2028 AND month = 2 AND day IN (27, 28, 29)) OR (year = 2028 AND month = 3 AND day IN (1)))',
  ],
  ['2026-05-17T08:00Z', '2026-05-17T08:00Z', 0, '(year = 2026 AND month = 5 AND day IN (17))'],
])('the days of %s to %s, %i around: %s', (from, to, around, sql) => {
  expect(daysOf({ from: at(from), to: at(to) }, around)).toBe(sql)
})

test('row 43: the same window gives the same ids and versions', async () => {
  const { fake, source } = await open({ logs: ['login-events'] })
  fake.queries.add('auditloginevent', row('1', '2026-05-17T07:10:00Z'), row('2', '2026-05-17T07:10:00Z'))
  const [first, second] = [await drain(source, 'login-events'), await drain(source, 'login-events')]
  expect(idsOf(first)).toEqual(['1', '2'])
  expect(second).toEqual(first)
})

test('a bigint in a row keeps its digits', async () => {
  const { fake, source } = await open({ logs: ['login-events'] })
  fake.queries.add('auditloginevent', row('1', '2026-05-17T07:10:00Z', { sequencenumber: 'BIG' }))
  const { tables } = fake.queries
  fake.queries.files.answer(() => ({
    body: `{"id":"1","timestamp":"2026-05-17 07:10:00Z","sequencenumber":9223372036854775807}\n`,
  }))
  expect(tables.size).toBe(3)
  for await (const { draft } of source.readWindow({ part: 'login-events', window: hour, progress: null }, never)) {
    expect(draft.json(0)).toContain('"sequencenumber":9223372036854775807')
    expect(draft.json(0)).toContain('"occurred_at":"2026-05-17T07:10:00Z"')
  }
})

test.each([
  ['a file that is cut off', '{"id":"1","timestamp":"2026-05-17T07:10:00Z"}\n{"id":"2","timest'],
  ['a page for a person', '<!doctype html><html><body>Sign in</body></html>'],
])('row 35: %s is an error, and nothing of it is taken', async (_, body) => {
  const { fake, source } = await open({ logs: ['login-events'] })
  fake.queries.add('auditloginevent', row('1', '2026-05-17T07:10:00Z'))
  fake.queries.files.answer({ body })
  expect(await drain(source, 'login-events')).toMatchObject({ events: [], error: { kind: 'transient' } })
})

test.each(['null', '[]', '{}', '{"data":{}}', '{"data":{"id":7}}', '{"data":{"id":".."}}'])(
  'row 34: %s is no job, and the window is not taken for empty',
  async (body) => {
    const { fake, source } = await open({ logs: ['login-events'] })
    fake.instead = ({ method }) => (method === 'POST' ? { body } : undefined)
    expect((await drain(source, 'login-events')).error).toMatchObject({ name: 'SourceError' })
  },
)
