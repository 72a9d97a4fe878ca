// The life of an event, told from a state on the disk: one test for each thing that may have become of it.
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { allBits, type Seq } from '../../../../src/model/page.ts'
import { alignedPlaces } from '../../../../src/store/sqlite/finding.ts'
import type { AttemptRecord, DestinationDefinition, Store } from '../../../../src/store/store.ts'
import type { TracedEvent, TraceDestination } from '../../../../src/store/trace.ts'
import { aside, commitOf, destination, ids, live, many, settlement, START } from '../../../contract/store-events.ts'
import type { StoreBench } from '../../../contract/store-openers.ts'
import { reading, sqliteBench } from './reading.ts'
import { discard } from '../../../contract/store-operator.ts'

let bench: StoreBench
let store: Store

beforeEach(async () => {
  bench = sqliteBench()
  store = await bench.open()
})
afterEach(() => bench.dispose())

const trace = (id: string) => reading(bench, (reader) => reader.trace(id))
const register = (...names: (string | DestinationDefinition)[]) =>
  store.register(
    names.map((one) => (typeof one === 'string' ? destination(one) : one)),
    START,
  )
const commit = (source: string, events: Parameters<typeof commitOf>[2], choices: Parameters<typeof commitOf>[3] = {}) =>
  store.commitPage(commitOf(store, source, events, choices), START)

async function only(id: string): Promise<TracedEvent> {
  const { events } = await trace(id)
  expect(events).toHaveLength(1)
  return events[0] as TracedEvent
}

async function at(id: string, name: string): Promise<TraceDestination> {
  return (await only(id)).destinations.find((one) => one.name === name) as TraceDestination
}

const fate = async (id: string, name: string) => (await at(id, name)).fate

function attempt(from: Seq, to: Seq, more: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    at: START,
    batchId: 'b1',
    kind: 'attempt',
    from,
    to,
    events: to - from,
    durationMs: 12,
    verdict: 'delivered',
    ...more,
  }
}

it('tells when and with what it was read, and its bytes', async () => {
  await register('siem')
  await commit('app', many('early', 5), { to: { siem: 'all' } })
  const window = { from: '2026-05-17T07:00:00Z', to: '2026-05-17T08:00:00Z' }
  const page = commitOf(store, 'app', [...ids('early1', 'a', 'b')], { to: { siem: 'all' }, lane: 'sweep' })
  await store.commitPage({ ...page, window }, START + 5000)
  const event = await only('b')
  expect(event).toMatchObject({ eventId: 'b', source: 'app', seq: 7, occurredAt: START })
  expect(event.read).toEqual({
    committedAt: START + 5000,
    lane: 'sweep',
    queue: 'live',
    window,
    from: 6,
    to: 8,
    pulled: 3,
    duplicates: 1,
    quarantined: 0,
  })
  expect(JSON.parse(Buffer.from(event.bytes as Uint8Array).toString())).toMatchObject({ event_id: 'b' })
})

it('an unknown id gives nothing, and where it looked', async () => {
  await register('siem')
  await commit('app', ids('a', 'b'), { to: { siem: 'all' } })
  const { events, looked } = await trace('nobody')
  expect(events).toEqual([])
  expect(looked).toEqual([{ source: 'app', events: 2, oldestAt: START }])
})

it('two sources may use one id; a conflict is found by the id that it was given', async () => {
  await register('siem')
  await commit('app', ids('x', 'same'), { to: { siem: 'all' } })
  await commit('billing', ids('same'), { to: { siem: [] } })
  expect((await trace('same')).events.map(({ source, seq }) => `${source} ${seq}`)).toEqual(['app 2', 'billing 3'])
  const { conflicts } = await commit('app', [{ id: 'same', content: 'other' }], { to: { siem: 'all' } })
  const newId = conflicts[0]?.newEventId as string
  expect(newId).toMatch(/^same~/)
  expect((await only(newId)).seq).toBe(4)
})

it('finds it in the first, a middle and the last page, over many pages', async () => {
  await register('siem')
  for (let page = 0; page < 30; page++) await commit('app', many(`p${page}-`, 7), { to: { siem: 'all' } })
  for (const [id, seq] of [
    ['p0-0', 1],
    ['p14-3', 14 * 7 + 4],
    ['p29-6', 30 * 7],
  ] as const)
    expect((await only(id)).seq).toBe(seq)
})

describe('where a destination stands with it', () => {
  it('waiting, with exactly those ahead that wait', async () => {
    await register('siem', 'picky')
    await commit('app', many('a', 10), { to: { siem: 'all', picky: [1, 3, 5, 7, 9] } })
    await commit('app', many('b', 10), { to: { siem: 'all', picky: [0, 9] } })
    expect(await fate('b9', 'siem')).toEqual({ kind: 'waiting', queue: 'live', ahead: 19 })
    expect(await fate('b9', 'picky')).toEqual({ kind: 'waiting', queue: 'live', ahead: 6 })
    expect(await fate('a0', 'siem')).toEqual({ kind: 'waiting', queue: 'live', ahead: 0 })
    await store.settle(settlement('siem', { settled: live([1, 4], [6, 9]), delivered: new Map([['app', 6]]) }), START)
    expect(await fate('a4', 'siem')).toEqual({ kind: 'waiting', queue: 'live', ahead: 1 })
    expect(await fate('b9', 'siem')).toEqual({ kind: 'waiting', queue: 'live', ahead: 13 })
    expect(await fate('a6', 'siem')).toEqual({ kind: 'delivered' })
  })

  it('filtered, in a page of which others match and in one of which none does', async () => {
    await register('siem', { ...destination('picky'), definition: '{"filter":{"outcome":"failure"}}' })
    await commit('app', ids('a', 'b'), { to: { siem: 'all', picky: [1] } })
    await commit('app', ids('c', 'd'), { to: { siem: 'all', picky: [] } })
    expect(await at('a', 'picky')).toMatchObject({ fate: { kind: 'filtered' }, filter: '{"outcome":"failure"}' })
    expect(await at('c', 'picky')).toMatchObject({ fate: { kind: 'filtered' }, attempts: [] })
    expect((await at('a', 'siem')).filter).toBeNull()
  })

  it('not offered: another source, a destination that came later, one that never ran', async () => {
    await register('siem', destination('other', { sources: ['billing'] }), destination('off', { enabled: false }))
    await commit('app', ids('a'), { to: { siem: 'all' } })
    await register(
      'siem',
      destination('other', { sources: ['billing'] }),
      destination('off', { enabled: false }),
      'new',
    )
    for (const name of ['other', 'off', 'new']) expect(await fate('a', name)).toEqual({ kind: 'not_offered' })
  })

  it('still to be routed, then waiting in its queue, then filtered when the filter took nothing', async () => {
    await register('siem')
    await commit('app', ids('a', 'b'), { to: { siem: 'all' } })
    await commit('app', ids('c', 'd'), { to: { siem: 'all' } })
    const late = destination('late', { start: 'beginning', definition: '{"start":"beginning"}' })
    await register('siem', late)
    expect(await fate('d', 'late')).toEqual({ kind: 'unrouted', ahead: 3 })
    const verdict = { count: 2, bypassed: 0, missing: 0 }
    await store.routeLate('late', { ...verdict, firstSeq: 1, bitmap: allBits(2), matched: 2 }, START)
    await store.routeLate('late', { ...verdict, firstSeq: 3, bitmap: new Uint8Array(1), matched: 0 }, START)
    expect(await fate('b', 'late')).toEqual({ kind: 'waiting', queue: 'catch_up', ahead: 1 })
    expect(await fate('d', 'late')).toEqual({ kind: 'filtered' })
  })

  it('what passes by a parked destination is still to be routed to it', async () => {
    await register('siem', 'old')
    await commit('app', ids('a'), { to: { siem: 'all', old: 'all' } })
    await register('siem')
    await commit('app', ids('b', 'c'), { to: { siem: 'all' } })
    expect(await at('c', 'old')).toMatchObject({ state: 'parked', fate: { kind: 'unrouted', ahead: 1 } })
    expect(await fate('a', 'old')).toEqual({ kind: 'waiting', queue: 'live', ahead: 0 })
  })

  it('delivered, with the requests whose stretch holds it, and nobody else’s', async () => {
    await register('siem', 'picky')
    await commit('app', many('a', 10), { to: { siem: 'all', picky: [0] } })
    const reason = { code: 'http_503', text: 'busy', status: 503 }
    const attempts = [attempt(1, 6, { verdict: 'retry', reason }), attempt(1, 6, { at: START + 9 }), attempt(6, 11)]
    await store.settle(
      settlement('siem', { settled: live([1, 11]), delivered: new Map([['app', 10]]), attempts }),
      START,
    )
    await store.settle(settlement('picky', { attempts }), START)
    expect(await at('a4', 'siem')).toMatchObject({ fate: { kind: 'delivered' }, attempts: attempts.slice(0, 2) })
    expect((await at('a5', 'siem')).attempts).toEqual([attempts[2]])
    expect((await at('a4', 'picky')).attempts).toEqual([])
  })

  it('claims no delivery once events of that source were dropped since it came', async () => {
    await register('siem')
    await commit('app', ids('a', 'b'), { to: { siem: 'all' } })
    await store.settle(settlement('siem', { settled: live([1, 2]), delivered: new Map([['app', 1]]) }), START)
    expect(await fate('a', 'siem')).toEqual({ kind: 'delivered' })
    await discard(store, 'siem', START)
    expect(await fate('a', 'siem')).toEqual({ kind: 'settled', why: 'some_dropped' })
    await commit('app', ids('c'), { to: { siem: 'all' } })
    expect(await fate('c', 'siem')).toEqual({ kind: 'settled', why: 'some_dropped' })
  })

  it('retrying and dead, with their history', async () => {
    await register('siem')
    await commit('app', ids('a', 'b'), { to: { siem: 'all' } })
    const retrying = [{ ...aside(1), nextAt: START + 500 }]
    await store.settle(settlement('siem', { settled: live([1, 2]), retrying }), START)
    const entry = { at: START, attempts: 1, code: 'http_503', text: 'the receiver answered 503' }
    expect(await at('a', 'siem')).toMatchObject({
      fate: { kind: 'retrying', attempts: 1, nextAt: START + 500, reason: entry },
      history: [entry],
    })
    const dead = [{ ...aside(1), attempts: 2, cause: 'exhausted', provisional: false }]
    await store.settle(settlement('siem', { dead }), START + 700)
    expect(await fate('a', 'siem')).toMatchObject({ kind: 'dead', cause: 'exhausted', diedAt: START + 700 })
    expect((await at('a', 'siem')).history).toHaveLength(2)
  })
})

describe('what decided is what was in force then', () => {
  const picky = (filter: string | null, more: Partial<DestinationDefinition> = {}) =>
    destination('picky', { definition: filter === null ? '{}' : `{"filter":{"outcome":"${filter}"}}`, ...more })
  const filters = async (id: string) => {
    const { fate: one, filter, filterThen } = await at(id, 'picky')
    return [one.kind, filterThen, filter]
  }
  const [failure, success] = ['{"outcome":"failure"}', '{"outcome":"success"}']

  it('the filter changed, and changed again', async () => {
    await register('siem', picky('failure'))
    await commit('app', ids('a', 'b'), { to: { siem: 'all', picky: [1] } })
    await register('siem', picky('success'))
    await commit('app', ids('c'), { to: { siem: 'all', picky: [] } })
    await register('siem', picky(null))
    expect(await filters('a')).toEqual(['filtered', failure, null])
    expect(await filters('b')).toEqual(['waiting', failure, null])
    expect(await filters('c')).toEqual(['filtered', success, null])
  })

  it('away: what it came back with, and until it has looked, what it is now', async () => {
    await register('siem', picky('failure'))
    await register('siem')
    await commit('app', ids('missed'), { to: { siem: 'all' } })
    expect(await filters('missed')).toEqual(['unrouted', failure, failure])
    await register('siem', picky('success'))
    await commit('app', ids('next'), { to: { siem: 'all', picky: [] } })
    await register('siem', picky(null))
    expect(await filters('missed')).toEqual(['unrouted', null, null])
    const looked = { firstSeq: 1, count: 1, bypassed: 0, missing: 0, bitmap: new Uint8Array(1), matched: 0 }
    await store.routeLate('picky', looked, START)
    expect(await filters('missed')).toEqual(['filtered', success, null])
  })

  it('what it read then, not what it reads now', async () => {
    const reading = (sources: readonly string[] | null) =>
      destination('picky', { sources, definition: sources ? JSON.stringify({ sources }) : '{}' })
    await register('siem', reading(['app']))
    await commit('app', ids('taken'), { to: { siem: 'all', picky: 'all' } })
    await commit('billing', ids('passed'), { to: { siem: 'all' } })
    await register('siem', reading(['billing']))
    expect(await fate('taken', 'picky')).toEqual({ kind: 'waiting', queue: 'live', ahead: 0 })
    expect(await fate('passed', 'picky')).toEqual({ kind: 'not_offered' })
    await register('siem', reading(null))
    expect(await fate('passed', 'picky')).toEqual({ kind: 'not_offered' })
  })

  it('whether it began earlier is told by what it began with', async () => {
    await register('siem')
    await commit('app', ids('a'), { to: { siem: 'all' } })
    await register('siem', picky(null))
    await commit('app', ids('b'), { to: { siem: 'all', picky: 'all' } })
    await register('siem', destination('picky', { definition: '{"start":"beginning"}' }))
    expect(await fate('a', 'picky')).toEqual({ kind: 'not_offered' })
  })
})

it('a dead letter is found when its page is gone; the others are settled, and the bytes are there', async () => {
  await register('siem', 'archive', destination('other', { sources: ['billing'] }))
  await commit('app', ids('a', 'b', 'c'), { to: { siem: 'all', archive: 'all' } })
  const dead = [{ ...aside(2), cause: 'rejected', provisional: false }]
  await store.settle(settlement('siem', { settled: live([1, 4]), delivered: new Map([['app', 2]]), dead }), START)
  await store.settle(settlement('archive', { settled: live([1, 4]), delivered: new Map([['app', 3]]) }), START)
  await commit('app', ids('d'), { to: { siem: 'all', archive: 'all' } })
  await forgetFirstPage()
  expect((await trace('a')).events).toEqual([])
  const event = await only('b')
  expect(event).toMatchObject({ source: 'app', seq: 2, read: null, occurredAt: START })
  expect(event.destinations.map(({ name, fate: one }) => `${name} ${one.kind}`)).toEqual([
    'siem dead',
    'archive settled',
    'other not_offered',
  ])
  expect(JSON.parse(Buffer.from(event.bytes as Uint8Array).toString())).toMatchObject({ event_id: 'b' })
})

/** What pruning does to a settled page that is older than what is remembered against duplicates; making those takes long. */
async function forgetFirstPage(): Promise<void> {
  await store.close(bench.clock.now())
  const db = new Database(bench.path)
  for (const table of ['page', 'page_index', 'page_body'])
    db.exec(['DELETE FROM', table, 'WHERE first_seq = 1'].join(' '))
  db.exec('DELETE FROM routing WHERE page = 1; UPDATE source SET kept_from = 4, body_from = 4, events_gone = 3')
  db.close()
}

it('finds events in a later stretch of ordinals, and on both sides of its border', async () => {
  await register('siem')
  await commit('app', ids('first', 'second'), { to: { siem: 'all' } })
  await store.close(bench.clock.now())
  const db = new Database(bench.path)
  const copy = (table: string, seq: number) => {
    const columns = (db.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name)
    const values = columns.map((name) => (name === 'first_seq' ? String(seq) : name))
    db.exec([`INSERT INTO ${table}`, `SELECT ${values.join()} FROM ${table} WHERE first_seq = 1`].join(' '))
  }
  const firsts = [250_000, 250_001, 500_001, 900_000]
  for (const table of ['page', 'page_index', 'page_body']) for (const seq of firsts) copy(table, seq)
  db.close()
  const { events } = await trace('first')
  expect(events.map(({ seq }) => seq)).toEqual([1, ...firsts])
})

it('a hit across two keys is none', () => {
  const key = Buffer.alloc(16, 7)
  const keys = Buffer.concat([Buffer.alloc(8), key, Buffer.alloc(8), key])
  expect(alignedPlaces(keys, key)).toEqual([2])
})
