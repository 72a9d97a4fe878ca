// Dead letters as commands read them: every condition, every stretch, and groups that add up.
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { DeadLetterQuery } from '../../../../src/store/dead-letters.ts'
import type { Store } from '../../../../src/store/store.ts'
import { aside, commitOf, destination, idsOf, live, many, settlement, START } from '../../../contract/store-events.ts'
import type { StoreBench } from '../../../contract/store-openers.ts'
import { reading, sqliteBench } from './reading.ts'

let bench: StoreBench
let store: Store

beforeEach(async () => {
  bench = sqliteBench()
  store = await bench.open()
  await store.register([destination('siem'), destination('archive'), destination('spare')], START)
  await store.commitPage(
    commitOf(store, 'app', many('e', 10), { to: { siem: 'all', archive: 'all', spare: 'all' } }),
    START,
  )
})
afterEach(() => bench.dispose())

/** `code`s by ordinal; each dies a second after the one before. */
async function bury(name: string, cause: string, letters: readonly (readonly [seq: number, code: string])[]) {
  for (const [seq, code] of letters) {
    const reason = { code, text: `answered ${code} to ${seq}` }
    const dead = [{ ...aside(seq), reason, cause, provisional: seq === 3 }]
    await store.settle(settlement(name, { settled: live([seq, seq + 1]), dead }), START + seq * 1000)
  }
}

const list = (query: DeadLetterQuery = {}, limit = 100) =>
  reading(bench, (reader) => reader.deadLetters(query, null, limit))
const placesOf = async (query: DeadLetterQuery) => (await list(query)).map(({ destination: to, seq }) => `${to} ${seq}`)

it('tells everything that is known of a letter', async () => {
  await store.settle(
    settlement('siem', { settled: live([3, 4]), retrying: [{ ...aside(3), nextAt: START + 500 }] }),
    START,
  )
  const reason = { code: 'http_400', text: 'no', status: 400 }
  const dead = [{ ...aside(3), attempts: 2, reason, cause: 'rejected', provisional: true }]
  await store.settle(settlement('siem', { dead }), START + 1000)
  const [letter, ...others] = await list()
  expect(others).toEqual([])
  expect(letter).toMatchObject({
    destination: 'siem',
    seq: 3,
    source: 'app',
    eventId: 'e2',
    eventType: 'test.happened',
    cause: 'rejected',
    reason,
    attempts: 2,
    firstAttemptedAt: START,
    diedAt: START + 1000,
    provisional: true,
    history: [
      { at: START, attempts: 1, code: 'http_503' },
      { at: START + 1000, attempts: 2, ...reason },
    ],
  })
  expect(idsOf((letter as NonNullable<typeof letter>).page)).toEqual(['e2'])
})

it('gives stretch by stretch exactly what it gives at once', async () => {
  await bury(
    'siem',
    'rejected',
    [1, 2, 3, 5, 8].map((seq) => [seq, 'http_400']),
  )
  await bury(
    'spare',
    'exhausted',
    [2, 4].map((seq) => [seq, 'http_503']),
  )
  await store.settle(settlement('siem', { settled: live([9, 10]), retrying: [{ ...aside(9), nextAt: START }] }), START)
  const all = await placesOf({})
  expect(all).toEqual(['siem 1', 'siem 2', 'siem 3', 'siem 5', 'siem 8', 'spare 2', 'spare 4'])
  for (const limit of [1, 2, 3, 7]) {
    const seen: string[] = []
    await reading(bench, async (reader) => {
      let stretch = await reader.deadLetters({}, null, limit)
      for (; stretch.length > 0; stretch = await reader.deadLetters({}, stretch.at(-1) ?? null, limit)) {
        expect(stretch.length).toBeLessThanOrEqual(limit)
        expect(seen.length).toBeLessThan(all.length)
        seen.push(...stretch.map(({ destination: to, seq }) => `${to} ${seq}`))
      }
    })
    expect(seen).toEqual(all)
  }
})

it('every condition must hold', async () => {
  await bury('siem', 'rejected', [
    [1, 'http_400'],
    [2, 'http_413'],
    [4, 'http_400'],
  ])
  await bury('spare', 'exhausted', [[2, 'http_400']])
  expect(await placesOf({ destination: 'spare' })).toEqual(['spare 2'])
  expect(await placesOf({ destination: 'nobody' })).toEqual([])
  expect(await placesOf({ cause: 'rejected', code: 'http_400' })).toEqual(['siem 1', 'siem 4'])
  expect(await placesOf({ code: 'http_400' })).toEqual(['siem 1', 'siem 4', 'spare 2'])
  expect(await placesOf({ eventId: 'e1' })).toEqual(['siem 2', 'spare 2'])
  expect(await placesOf({ eventId: 'e' })).toEqual([])
  expect(await placesOf({ diedBefore: START + 2000 })).toEqual(['siem 1'])
  expect(await placesOf({ diedSince: START + 2000, destination: 'siem' })).toEqual(['siem 2', 'siem 4'])
})

it('groups add up to the letters, largest first, each with its newest answer', async () => {
  await bury('siem', 'rejected', [
    [1, 'http_400'],
    [2, 'http_413'],
    [4, 'http_400'],
    [5, 'http_400'],
  ])
  await bury('spare', 'exhausted', [
    [2, 'http_400'],
    [3, 'http_400'],
  ])
  const groups = await reading(bench, (reader) => reader.deadLetterGroups({}))
  const newest = { eventType: 'test.happened' }
  expect(groups).toEqual([
    {
      ...newest,
      destination: 'siem',
      cause: 'rejected',
      code: 'http_400',
      letters: 3,
      provisional: 0,
      reason: { code: 'http_400', text: 'answered http_400 to 5' },
      oldestAt: START + 1000,
      newestAt: START + 5000,
    },
    expect.objectContaining({ destination: 'spare', cause: 'exhausted', code: 'http_400', letters: 2 }),
    expect.objectContaining({ destination: 'siem', cause: 'rejected', code: 'http_413', letters: 1 }),
  ])
  const some = await reading(bench, (reader) => reader.deadLetterGroups({ destination: 'siem', code: 'http_413' }))
  expect(some.map(({ letters }) => letters)).toEqual([1])
  expect(await reading(bench, (reader) => reader.deadLetterGroups({ destination: 'nobody' }))).toEqual([])
})
