import { expect, it } from 'vitest'
import { ControlError, StateFullError } from '../../../src/model/errors.ts'
import type { StoredRequest } from '../../../src/store/requests.ts'
import type { Store } from '../../../src/store/store.ts'
import type { TelemetryEvent } from '../../../src/telemetry/events.ts'
import { Requests } from '../../../src/upkeep/requests.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const none = { chosen: 0, taken: 0, skipped: 0, delivered: 0, dead: 0, dropped: 0 }
const request = (id: number, asked: StoredRequest['asked'], chosen = 0): StoredRequest => {
  return { id, at: 0, by: 'me', asked, state: 'asked', counts: { ...none, chosen }, text: null, finishedAt: null }
}
const replay = { kind: 'replay_dead_letters', letters: [{ destination: 'siem', ranges: [[1, 9]] }], to: null } as const

const pageEvents = 1000
const keptEvents = 35_000

/** A store that knows requests and nothing else, and a record of what was done to it. */
function rig(asked: StoredRequest[]) {
  const clock = new TestClock()
  const did: string[] = []
  const taken: { at: number; count: number }[] = []
  const open = new Map(asked.map((one) => [one.id, one]))
  const store = {
    openRequests: async () => [...open.values()],
    finishRequest: async (id: number, { ok, text }: { ok: boolean; text: string }) => {
      did.push(`${id} ${ok ? 'done' : 'failed'}: ${text}`)
      open.delete(id)
    },
    control: async (id: number) => {
      const one = open.get(id) as StoredRequest
      const name = 'destination' in one.asked ? one.asked.destination : ''
      if (name === 'gone') throw new ControlError('there is no gone')
      did.push(`${one.asked.kind} ${name}`)
      open.delete(id)
      return { ...one, state: 'done', text: `${one.asked.kind} was done` }
    },
    takeDeadLetters: async (id: number, limit: number) => {
      const before = open.get(id) as StoredRequest
      const count = Math.min(limit, before.counts.chosen - before.counts.taken)
      if (count > 0) taken.push({ at: clock.monotonic(), count })
      const after = { ...before, counts: { ...before.counts, taken: before.counts.taken + count } }
      open.set(id, after)
      return after
    },
    /** Pages of `pageEvents`, nothing of which is ever settled but by `deliver`. */
    takeKept: async (id: number, limit: number) => {
      const before = open.get(id) as StoredRequest
      if (limit < 1 || goesOn(before.id)) return before
      const count = Math.max(pageEvents, limit - (limit % pageEvents))
      taken.push({ at: clock.monotonic(), count })
      const counts = { ...before.counts, chosen: keptEvents, taken: Math.min(before.counts.taken + count, keptEvents) }
      const after: StoredRequest = { ...before, state: 'running', counts }
      open.set(id, after)
      return after
    },
    canBegin: async (id: number) => !goesOn(id),
  }
  const goesOn = (id: number): boolean =>
    [...open.values()].some(({ state, id: other }) => state === 'running' && other !== id)
  const deliver = (id: number): void => {
    const { counts, ...rest } = open.get(id) as StoredRequest
    open.set(id, { ...rest, counts: { ...counts, delivered: counts.taken } })
  }
  const looked: string[] = []
  const stopped: string[] = []
  const turns = new Map<string, Promise<unknown>>()
  const inTurn = <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    const turn = (turns.get(name) ?? Promise.resolve()).then(work, work)
    turns.set(name, turn)
    return turn
  }
  const stopping = <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    stopped.push(name)
    return inTurn(name, work)
  }
  const destinations = { with: stopping, lookAgain: (name: string) => void looked.push(name) }
  const said: TelemetryEvent[] = []
  const requests = new Requests({
    store: store as unknown as Store,
    clock,
    telemetry: { emit: (event) => void said.push(event) },
    destinations,
    sources: { with: inTurn, configured: [] },
  })
  return { clock, did, said, taken, looked, stopped, requests, open, deliver, store }
}

it('carries out what is open in the order of its numbers, and says why something cannot be done', async () => {
  const { requests, did } = rig([
    request(1, { kind: 'disable_destination', destination: 'siem', discard: true }),
    request(2, { kind: 'enable_destination', destination: 'siem' }),
    request(3, { kind: 'disable_destination', destination: 'gone', discard: false }),
  ])
  await requests.step(new AbortController().signal)
  await requests.finish()
  expect(did.filter((line) => !line.startsWith('3'))).toEqual(['disable_destination siem', 'enable_destination siem'])
  expect(did).toContain('3 failed: there is no gone')
})

it('tells what was asked, by whom, and how it ended', async () => {
  const { requests, said } = rig([
    request(1, { kind: 'enable_destination', destination: 'siem' }),
    request(2, { kind: 'disable_destination', destination: 'gone', discard: false }),
  ])
  await requests.step(new AbortController().signal)
  await requests.finish()
  expect(said).toEqual(
    expect.arrayContaining([
      { type: 'request_taken', request: 1, by: 'me', asked: 'enable destination siem' },
      { type: 'request_ended', request: 1, ok: true, text: 'enable_destination was done' },
      { type: 'request_taken', request: 2, by: 'me', asked: 'disable destination gone' },
      { type: 'request_ended', request: 2, ok: false, text: 'there is no gone' },
    ]),
  )
  expect(said).toHaveLength(4)
})

it('what is left out uses up nothing of the rate', async () => {
  const { requests, clock, store, open } = rig([request(1, { ...replay, perSecond: 10 }, 500)])
  const skipped = { ...none, chosen: 500, skipped: 490 }
  const calls: number[] = []
  store.takeDeadLetters = async (id, limit) => {
    const before = open.get(id) as StoredRequest
    calls.push(limit)
    const taken = Math.min(before.counts.taken + limit, 10)
    const after: StoredRequest = { ...before, state: 'running', counts: { ...skipped, taken } }
    open.set(id, after)
    return after
  }
  await requests.step(new AbortController().signal)
  await clock.advance(2_000)
  await requests.finish()
  expect(open.get(1)?.counts).toMatchObject({ taken: 10, skipped: 490 })
})

it('replays at the rate that was asked for, tells the dispatcher, and lets others go on meanwhile', async () => {
  const { requests, clock, taken, looked, did, open } = rig([request(1, { ...replay, perSecond: 50 }, 500)])
  const drain = new AbortController().signal
  await requests.step(drain)
  await clock.advance(2000)
  open.set(2, request(2, { kind: 'enable_destination', destination: 'other' }))
  await requests.step(drain)
  await clock.advance(1000)
  expect(did).toContain('enable_destination other')
  await clock.advance(8000)
  await requests.finish()
  expect(taken.reduce((sum, { count }) => sum + count, 0)).toBe(500)
  for (let from = 0; from < 10_000; from += 500) {
    const within = taken.filter(({ at }) => at >= from && at < from + 1000).reduce((sum, { count }) => sum + count, 0)
    expect(within).toBeLessThanOrEqual(55)
  }
  expect(new Set(looked)).toEqual(new Set(['siem']))
})

it('goes on from where the state says that the last holder was, and takes nothing up twice', async () => {
  const half = { ...request(1, { ...replay, perSecond: null }, 1000), counts: { ...none, chosen: 1000, taken: 600 } }
  const { requests, clock, taken } = rig([half])
  const drain = new AbortController().signal
  await Promise.all([requests.step(drain), requests.step(drain)])
  await clock.advance(1000)
  await requests.finish()
  await requests.step(drain)
  expect(taken.map(({ count }) => count)).toEqual([200, 200])
})

const replayEvents = { kind: 'replay_events', destination: 'siem', from: 0, to: 9, perSecond: null } as const

it('stops the destination once to begin, and never has more than 10,000 events and a page ahead of what is settled', async () => {
  const { requests, clock, stopped, open, deliver, looked } = rig([request(1, replayEvents)])
  const counts = () => (open.get(1) as StoredRequest).counts
  await requests.step(new AbortController().signal)
  for (let seen = 0; counts().taken < keptEvents; seen = counts().taken) {
    await clock.advance(1000)
    expect(counts().taken).toBeGreaterThan(seen)
    expect(counts().taken - counts().delivered).toBeLessThanOrEqual(10_000 + pageEvents)
    deliver(1)
  }
  await clock.advance(1000)
  await requests.finish()
  expect(stopped).toEqual(['siem'])
  expect(new Set(looked)).toEqual(new Set(['siem']))
})

it('keeps to the rate that was asked for, to the page', async () => {
  const { requests, clock, open, deliver } = rig([request(1, { ...replayEvents, perSecond: 500 })])
  await requests.step(new AbortController().signal)
  for (let second = 1; second <= 20; second++) {
    await clock.advance(1000)
    deliver(1)
    expect((open.get(1) as StoredRequest).counts.taken).toBeLessThanOrEqual(second * 500 + pageEvents)
  }
  expect((open.get(1) as StoredRequest).counts.taken).toBeGreaterThanOrEqual(9000)
})

it('lets a second replay to the same destination wait without stopping it', async () => {
  const { requests, clock, open, deliver, stopped } = rig([request(1, replayEvents), request(2, replayEvents)])
  const drain = new AbortController()
  await requests.step(drain.signal)
  await clock.advance(3000)
  expect(stopped).toEqual(['siem'])
  expect(open.get(2)).toMatchObject({ state: 'asked' })
  for (let round = 0; round < 5; round++) {
    deliver(1)
    await clock.advance(1000)
  }
  open.delete(1)
  await clock.advance(1000)
  expect(stopped).toEqual(['siem', 'siem'])
  expect(open.get(2)).toMatchObject({ state: 'running' })
  drain.abort()
  await clock.advance(1000)
  await requests.finish()
})

it('stops the destination only when the replay could begin', async () => {
  const { requests, clock, open, stopped, store } = rig([request(1, replayEvents)])
  let free = false
  const { takeKept } = store
  store.canBegin = async () => free
  store.takeKept = async (id, limit) => (free ? takeKept(id, limit) : (open.get(id) as StoredRequest))
  await requests.step(new AbortController().signal)
  await clock.advance(60_000)
  expect(stopped).toEqual([])
  free = true
  await clock.advance(1000)
  expect(stopped).toEqual(['siem'])
  expect(open.get(1)).toMatchObject({ state: 'running' })
})

it('goes on from where it was when the state was full, at its rate, and says once that it is taken up', async () => {
  const { requests, clock, store, open, said } = rig([request(1, { ...replay, perSecond: 100 }, 2_000)])
  const { takeDeadLetters } = store
  let full = false
  store.takeDeadLetters = async (id, limit) => {
    if (full) throw new StateFullError('full')
    return takeDeadLetters(id, limit)
  }
  const taken = () => (open.get(1) as StoredRequest).counts.taken
  await requests.step(new AbortController().signal)
  await clock.advance(10_000)
  full = true
  await clock.advance(5_000)
  full = false
  const before = taken()
  expect(before).toBeGreaterThanOrEqual(900)
  await clock.advance(5_000)
  expect(taken() - before).toBeGreaterThanOrEqual(350)
  expect(said.filter(({ type }) => type === 'request_taken')).toHaveLength(1)
})

it('leaves alone what was ended while the state was full', async () => {
  const { requests, clock, store, open } = rig([request(1, { ...replay, perSecond: null }, 10)])
  let calls = 0
  store.takeDeadLetters = async () => {
    calls++
    throw new StateFullError('full')
  }
  await requests.step(new AbortController().signal)
  open.delete(1)
  await clock.advance(5_000)
  await requests.finish()
  expect(calls).toBe(1)
})
