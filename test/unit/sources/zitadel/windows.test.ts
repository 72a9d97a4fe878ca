// A window of ZITADEL is read whole, whatever its ties, its order and the size of its answers.
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SourceError, WindowError } from '../../../../src/model/errors.ts'
import { FakeZitadel } from '../../../fakes/zitadel.ts'
import type { StoredEvent } from '../../../fakes/zitadel-events.ts'
import { open, readIds, readPages } from './reading.ts'

const start = Date.parse('2026-05-17T07:00:00Z')
const hour = { from: start, to: start + 3_600_000 }
const id = ({ aggregateType, aggregateId, sequence }: StoredEvent): string =>
  `acme|${aggregateType}|${aggregateId}|${sequence}`

let fake: FakeZitadel
beforeEach(async () => {
  fake = await FakeZitadel.start()
})
afterEach(async () => fake.close())

/** Events in the window, as the instance knows them. */
function truth(from = hour.from, to = hour.to): string[] {
  return fake.table.all
    .filter(({ createdAt }) => createdAt >= from * 1000 && createdAt < to * 1000)
    .map(id)
    .toSorted()
}

test('row 23: the bounds that ZITADEL leaves out are ours, to the microsecond', async () => {
  const { source } = open(fake)
  for (const createdAt of [start * 1000 - 1, start * 1000, start * 1000 + 1, hour.to * 1000 - 1, hour.to * 1000])
    fake.table.add({ createdAt })
  expect(await readIds(source, hour)).toEqual(fake.table.all.slice(1, 4).map(id))
  expect(fake.searches).toEqual([
    { asc: true, limit: 1000, range: { since: '2026-05-17T06:59:59.999999Z', until: '2026-05-17T08:00:00.000000Z' } },
  ])
})

test('rows 21, 22: nothing is missing and nothing twice, whatever the ties, the order and the size of an answer; and from any progress', async () => {
  const event = fc.record({
    at: fc.integer({ min: 0, max: 12 }),
    late: fc.integer({ min: 0, max: 20 }),
    aggregate: fc.integer({ min: 1, max: 3 }),
    kind: fc.constantFrom('user', 'org', 'session'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), async (events, limit) => {
      fake.table.all.length = 0
      const seen = new Map<string, number>()
      for (const { at, late, aggregate, kind } of events) {
        // What shares a microsecond, a kind of thing and a kind of event cannot be told apart by ZITADEL's filters.
        const crowd = `${at} ${kind}`
        seen.set(crowd, (seen.get(crowd) ?? 0) + 1)
        if ((seen.get(crowd) as number) >= limit) continue
        const createdAt = start * 1000 + at
        fake.table.add({ createdAt, position: createdAt + late, aggregateType: kind, aggregateId: `${aggregate}` })
      }
      const { source } = open(fake, { limit })
      const pages = await readPages(source, hour)
      const read = pages.map((page) => page.events.map(({ event_id }) => event_id))
      expect(read.flat().toSorted()).toEqual(truth())
      expect(pages.map(({ last }) => last)).toEqual(pages.map((_, index) => index === pages.length - 1))
      for (const [index, { progress }] of pages.entries()) {
        const rest = await readIds(source, hour, progress)
        const both = new Set([...read.slice(0, index + 1).flat(), ...rest])
        expect([...both].toSorted()).toEqual(truth())
      }
      await source.close()
    }),
    { numRuns: 120, seed: 20_260_517 },
  )
})

test('an event behind a full answer that is older than its last is read: the order of ZITADEL is not that of its dates', async () => {
  const base = start * 1000
  for (let at = 0; at < 1000; at++) fake.table.add({ createdAt: base + 500 + at, position: base + 500 + at })
  const slow = fake.table.add({ createdAt: base + 100, position: base + 5_000 })
  const ids = await readIds(open(fake).source, hour)
  expect(ids).toContain(id(slow))
  expect(ids.toSorted()).toEqual(truth())
})

test('an hour of 20,000 events takes little more than a request for every 750', async () => {
  for (let index = 0; index < 20_000; index++) fake.table.add({ createdAt: start * 1000 + index * 179_999 })
  const { source } = open(fake)
  expect((await readIds(source, hour)).length).toBe(20_000)
  expect(fake.searches.length).toBeLessThan(36)
  const first = fake.searches.length
  // What proved right for one window serves the next.
  await readIds(source, hour)
  expect(fake.searches.length - first).toBeLessThan(34)
})

test('bursts and silence: wide where nothing is, narrow where much is', async () => {
  for (let burst = 0; burst < 5; burst++)
    for (let index = 0; index < 1500; index++)
      fake.table.add({ createdAt: start * 1000 + burst * 700_000_000 + index * 3 })
  expect((await readIds(open(fake).source, hour)).toSorted()).toEqual(truth())
  expect(fake.searches.length).toBeLessThan(90)
})

test('row 22: a microsecond of more events than an answer holds is divided by kinds of things, then of events', async () => {
  const at = start * 1000 + 7
  fake.table.add({ createdAt: at - 1 })
  for (let index = 0; index < 2600; index++)
    fake.table.add({
      createdAt: at,
      inTxOrder: index,
      aggregateType: index % 3 === 0 ? 'org' : 'user',
      aggregateId: `${index}`,
      type: ['user.human.added', 'user.human.email.changed', 'user.unlisted'][
        index % 5 === 0 ? 2 : index % 2
      ] as string,
    })
  fake.table.add({ createdAt: at + 1 })
  fake.knownAggregateTypes = ['session', 'user']
  const { source } = open(fake)
  const pages = await readPages(source, hour)
  expect(pages.flatMap(({ events }) => events.map(({ event_id }) => event_id)).toSorted()).toEqual(truth())
  // In its middle it has no progress but that of its beginning.
  const inside = pages.filter(({ progress }) => progress === `{"at":${at}}`)
  expect(inside.length).toBeGreaterThan(2)
  expect(new Set(await readIds(source, hour, inside[1]?.progress)).size).toBe(2601)
})

test('row 22: what nothing tells apart is an error that says what to do, never a loop', async () => {
  for (let index = 0; index < 1200; index++) fake.table.add({ createdAt: start * 1000 + 7, aggregateId: `${index}` })
  const failure = readIds(open(fake).source, hour)
  await expect(failure).rejects.toThrow(SourceError)
  await expect(failure).rejects.toMatchObject({ kind: 'denied' })
  await expect(failure).rejects.toThrow(
    /user\.human\.signed\.out of the kind user at 2026-05-17T07:00:00\.000007Z.*resource_owner/,
  )
  expect(fake.searches.length).toBeLessThan(20)
})

test('row 22: full answers without a date do not keep it asking for ever', async () => {
  const record = '{"aggregate":{"id":"1","type":{"type":"user"}},"type":{"type":"a.b"}}'
  fake.instead = ({ path }) =>
    path.endsWith('/events/_search') ? { body: `{"events":[${record},${record}]}` } : undefined
  await expect(readIds(open(fake, { limit: 2 }).source, hour)).rejects.toMatchObject({ kind: 'denied' })
  expect(fake.receiver.requests.length).toBeLessThan(250)
})

test('row 36: an answer larger than is kept is asked for in smaller pieces', async () => {
  for (let index = 0; index < 300; index++)
    fake.table.add({ createdAt: start * 1000 + index * 1_000_000, payload: JSON.stringify({ text: 'x'.repeat(1000) }) })
  const { source } = open(fake, {}, 40_000)
  expect((await readIds(source, hour)).toSorted()).toEqual(truth())
  fake.table.add({ createdAt: start * 1000 + 3, payload: JSON.stringify({ text: 'x'.repeat(50_000) }) })
  await expect(readIds(source, hour)).rejects.toMatchObject({
    kind: 'denied',
    message: expect.stringContaining('larger than an answer may be') as string,
  })
})

test('a window that ZITADEL does not find in time is too wide, also for a reader that was opened anew', async () => {
  for (let minute = 0; minute < 60; minute++) fake.table.add({ createdAt: (start + minute * 60_000) * 1000 })
  const slow = { status: 504, body: '{"code":4,"message":"context deadline exceeded"}' }
  fake.instead = ({ body }) => (widthOf(body) > 600_000 ? slow : undefined)
  let width = 3_600_000
  let failures = 0
  const read: string[] = []
  for (let from = start; from < hour.to;) {
    try {
      read.push(...(await readIds(open(fake).source, { from, to: Math.min(hour.to, from + width) })))
      from += width
    } catch (error) {
      expect(error).toMatchObject({ name: 'WindowError', kind: 'too_wide' })
      width /= 2
      failures++
    }
  }
  expect([new Set(read).size, failures]).toEqual([60, 3])
})

test('a narrow window that is not found in time is asked for again', async () => {
  fake.instead = () => ({ status: 504, body: '{"code":4,"message":"context deadline exceeded"}' })
  await expect(readIds(open(fake).source, { from: start, to: start + 60_000 })).rejects.toMatchObject({
    name: 'SourceError',
    kind: 'transient',
  })
})

function widthOf(body: Buffer): number {
  const { range } = JSON.parse(body.toString()) as { range: { since: string; until: string } }
  return Date.parse(range.until) - Date.parse(range.since)
}

test('row 32: progress that is none of this window begins it anew', async () => {
  const { source } = open(fake)
  for (const progress of [
    '',
    '{}',
    '{"at":1}',
    `{"at":${hour.to * 1000 + 1}}`,
    '{"at":-1}',
    '{"at":1e30}',
    `{"at":${start * 1000}} `,
  ])
    await expect(readIds(source, hour, progress)).rejects.toThrow(WindowError)
  expect(await readPages(source, hour, `{"at":${hour.to * 1000}}`)).toEqual([])
})

test('an old ZITADEL that passes over the range is an error, not the same page for ever', async () => {
  const stray = fake.table.add({ createdAt: (start - 86_400_000) * 1000 })
  fake.instead = () => ({ body: `{"events":[${fake.json(stray)}]}` })
  await expect(readIds(open(fake).source, hour)).rejects.toMatchObject({
    kind: 'denied',
    message: expect.stringContaining('update ZITADEL') as string,
  })
})

test('the filters of the file go with every search', async () => {
  fake.table.add({
    createdAt: start * 1000,
    type: 'org.added',
    aggregateType: 'org',
    aggregateId: '5',
    editor: '7',
    resourceOwner: '9',
  })
  fake.table.add({ createdAt: start * 1000 })
  const filter = { event_types: ['org.added'], aggregate_types: ['org'], aggregate_id: '5', resource_owner: '9' }
  expect(await readIds(open(fake, { ...filter, editor: '7' }).source, hour)).toEqual(['acme|org|5|1'])
  expect(fake.searches).toEqual([expect.objectContaining({ ...filter, editor_user_id: '7' })])
})

test('aborted between two answers it rejects with the reason', async () => {
  for (let index = 0; index < 2000; index++) fake.table.add({ createdAt: start * 1000 + index })
  const stop = new AbortController()
  const reason = new Error('shutting down')
  const { source } = open(fake)
  const reading = (async () => {
    for await (const _ of source.readWindow({ part: '', window: hour, progress: null }, stop.signal)) stop.abort(reason)
  })()
  await expect(reading).rejects.toBe(reason)
})

test('row 29: a retention that clips shows no error, only fewer events', async () => {
  fake.table.add({ createdAt: start * 1000 + 1 })
  const kept = fake.table.add({ createdAt: start * 1000 + 3_000_000_000 })
  fake.retention = 1_800_000_000
  expect(await readIds(open(fake).source, hour)).toEqual([id(kept)])
})
