// Outages, as the receiver sees them: what it has at the end against what was committed, and nothing of the relay's own counts.
import { afterEach, describe, expect, it } from 'vitest'
import {
  numbersOf,
  delivered,
  halt,
  because,
  reject,
  retry,
  Rig,
  tooLarge,
  type Answer,
  type RigOptions,
} from './rig.ts'
import type { Batch } from '../../../src/model/batch.ts'
import { DELIVERED, forAll } from '../../../src/model/verdict.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const rigs: Rig[] = []
function rig(options: RigOptions = {}): Rig {
  const made = new Rig(options)
  rigs.push(made)
  return made
}

afterEach(async () => {
  for (const made of rigs.splice(0)) await made.stop().catch(() => undefined)
})

/** The truth is 1 to `count`; the receiver must have taken each of them once. */
function expectAll(r: Rig, count: number): void {
  expect(r.received.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index + 1))
  expect([r.store.dead.size, r.store.retrying.size]).toEqual([0, 0])
  expect(r.of('set_aside')).toEqual([])
}

const connectionRefused: Answer = () => {
  throw Object.assign(new Error('connection refused'), { kind: 'connect' })
}
const never: Answer = () => new Promise(() => undefined)

const outages: [string, Answer, number][] = [
  ['500', (batch) => retry(batch), 0],
  ['503', (batch) => retry(batch, 503), 0],
  ['a refused connection', connectionRefused, 0],
  ['silence', never, 1_000],
  ['401', (batch) => halt(batch), 0],
  ['400 for everything', (batch) => reject(batch), 0],
  ['413 for everything', tooLarge, 0],
]

describe.each(outages)('row 58: a receiver that answers with %s', (_name, bad, slackMs) => {
  it.each([
    ['a minute', minute],
    ['an hour', hour],
    ['3 days', 3 * day],
  ])('for %s: noticed within 30 s of its end, everything arrives, nothing dies', async (_length, lengthMs) => {
    const r = rig({ scheduleMs: [1_000] })
    r.commit(100)
    r.start()
    await r.advance(minute)
    r.answer = bad
    const fresh = Math.min(60, Math.floor(lengthMs / 10_000))
    for (let round = 0; round < fresh; round++) {
      r.commit(5)
      await r.advance(lengthMs / fresh)
    }
    const before = r.received.length
    expect(before).toBe(100)
    r.answer = delivered
    await r.advance(30_000 + slackMs)
    expect(r.received.length, 'the recovery was not noticed').toBeGreaterThan(before)
    await r.advance(minute)
    expectAll(r, 100 + fresh * 5)
    expect(Math.max(...r.sent.flatMap(({ batch }) => batch.events.map((event) => event.attempt)))).toBe(1)
  })
})

describe('flapping', () => {
  it.each([
    ['every second', 1_000],
    ['every 7 s', 7_000],
    ['every 40 s', 40_000],
    ['every 10 minutes', 10 * minute],
  ])('%s: everything arrives, nothing dies', async (_name, everyMs) => {
    const r = rig({ scheduleMs: [1_000, 2_000] })
    r.answer = (batch) => (Math.floor(r.clock.monotonic() / everyMs) % 2 === 0 ? delivered(batch) : retry(batch))
    r.start()
    for (let round = 0; round < 100; round++) {
      r.commit(7)
      await r.advance(everyMs / 3)
    }
    r.answer = delivered
    await r.advance(minute)
    expectAll(r, 700)
  })
})

describe('a wrong set-up', () => {
  it('row 45: is said once, not at each trial, and once more when it is over', async () => {
    const r = rig()
    r.answer = (batch) => halt(batch, 403)
    r.commit(50)
    r.start()
    await r.advance(day)
    expect(r.of('health_changed')).toMatchObject([{ from: 'closed', to: 'halted', reason: { code: 'http_403' } }])
    expect(r.sent.length).toBeGreaterThan(day / 30_000)
    r.answer = delivered
    await r.advance(minute)
    expect(r.of('health_changed').map(({ to }) => to)).toEqual(['halted', 'closed'])
    expectAll(r, 50)
  })

  it('row 45: that changes its face is said again', async () => {
    const r = rig()
    r.answer = (batch) => halt(batch, 403)
    r.commit(50)
    r.start()
    await r.advance(hour)
    r.answer = (batch) => halt(batch, 404)
    await r.advance(hour)
    expect(r.of('health_changed').map(({ reason }) => reason?.code)).toEqual(['http_403', 'http_404'])
  })

  it.each([
    ['400', (batch: Batch) => reject(batch)],
    ['row 52: 413', tooLarge],
  ])('%s to everything halts, and nothing stays dead', async (_name, answer) => {
    const r = rig()
    r.answer = answer
    r.commit(500)
    r.start()
    await r.advance(hour)
    expect(r.store.saved?.state).toBe('halted')
    expect(r.of('health_changed')).toMatchObject([{ to: 'halted', reason: { code: 'refuses_everything' } }])
    expect(r.store.dead.size).toBe(0)
    r.answer = delivered
    await r.advance(10 * minute)
    expectAll(r, 500)
    expect(Math.max(...r.sent.slice(-10).map(({ numbers }) => numbers.length)), 'sizes are still feared').toBe(10)
  })

  it('row 45: a key that is changed under load costs nothing: a refusal until it is read again, then everything', async () => {
    let onDisk = 'old'
    let held = ''
    let accepted = 'old'
    const r = rig({ open: () => void (held = onDisk) })
    r.answer = (batch) => (held === accepted ? delivered(batch) : halt(batch, 401))
    r.start()
    for (let second = 0; second < 600; second++) {
      if (second % 60 === 20) accepted = `key ${second}`
      if (second % 60 === 35) onDisk = accepted
      r.commit(3)
      await r.advance(1_000)
    }
    await r.advance(minute)
    expectAll(r, 1_800)
    expect(r.of('health_changed').filter(({ to }) => to === 'halted')).toHaveLength(10)
    expect(Math.max(...r.sent.flatMap(({ batch }) => batch.events.map((event) => event.attempt)))).toBe(1)
  })
})

describe('a pause that a receiver asks for with a delivery', () => {
  const pausing =
    (pauseMs: number): Answer =>
    (batch) => ({ verdicts: forAll(batch.events.length, DELIVERED), pauseMs })

  it('row 44: holds what comes next, and is no failure', async () => {
    const r = rig({ inFlight: 1 })
    r.answer = pausing(20_000)
    r.commit(30)
    r.start()
    await r.advance(minute)
    expect(r.sent.map(({ at }) => at)).toEqual([0, 20_010, 40_020])
    expect(r.of('health_changed')).toEqual([])
    expect(r.store.saved).toMatchObject({ state: 'closed', lastFailure: null, trials: 0 })
    expectAll(r, 30)
  })

  it.each([
    ['nothing', 0, 1_000],
    ['less than nothing', -5_000, 1_000],
    ['a year', 365 * day, hour],
    ['no number', NaN, 1_000],
    ['for ever', Infinity, hour],
  ])('row 44: of %s is held within a second and an hour', async (_name, pauseMs, expectedMs) => {
    const r = rig({ inFlight: 1 })
    r.answer = pausing(pauseMs)
    r.commit(20)
    r.start()
    await r.advance(2 * hour)
    expect(r.sent.map(({ at }) => at)).toEqual([0, expectedMs + 10])
  })

  it('survives a clean stop', async () => {
    const first = rig({ inFlight: 1 })
    first.answer = pausing(hour)
    first.commit(20)
    first.start()
    await first.advance(1_000)
    await first.stop()
    const second = rig({ inFlight: 1, store: first.store, clock: first.clock })
    second.start()
    await second.advance(hour - 2_000)
    expect(second.sent).toEqual([])
    await second.advance(2_000)
    expect(second.received).toHaveLength(10)
  })

  it('of a receiver that confirms later begins with its answer', async () => {
    const r = rig({ inFlight: 1 })
    r.answer = (batch) => ({
      confirmation: r.clock.sleep(5_000).then(() => forAll(batch.events.length, DELIVERED)),
      pauseMs: 20_000,
    })
    r.commit(20)
    r.start()
    await r.advance(minute)
    expect(r.sent.map(({ at }) => at)).toEqual([0, 20_010])
    expect(r.store.delivered.size).toBe(20)
  })
})

describe('row 53: poison', () => {
  const size = 12
  const firewall: Answer = (batch) => halt(batch, 403)
  const kinds: [string, Answer, 'dies' | 'waits'][] = [
    ['400', (batch) => reject(batch), 'dies'],
    ['403', firewall, 'waits'],
    ['500', (batch) => retry(batch), 'waits'],
    ['a cut connection', connectionRefused, 'waits'],
    ['a time-out of the network', () => Promise.reject(new DOMException('no answer', 'TimeoutError')), 'waits'],
    ['silence', never, 'waits'],
  ]
  const places: readonly (readonly number[])[] = [
    ...Array.from({ length: size }, (_, index) => [index + 1]),
    [1, size],
    [5, 6],
    [2, 7, 11],
    [1, 3, 5, 7, 9, 11],
  ]

  for (const [name, answer, fate] of kinds)
    it.each(places.map((place) => [place]))(`${name} for a batch with %j`, async (poison) => {
      const r = rig({ inFlight: 4, limits: { maxEvents: size }, scheduleMs: [30_000, 120_000] })
      const bad = new Set(poison)
      r.answer = (batch, signal) =>
        numbersOf(batch).some((n) => bad.has(n)) ? answer(batch, signal) : delivered(batch)
      r.start()
      r.commit(size)
      // The stream goes on: something to compare with.
      for (let second = 0; second < 7_200 && r.store.dead.size < bad.size; second += 5) {
        r.commit(2)
        await r.advance(5_000)
      }
      await r.advance(10 * minute)
      const good = Array.from({ length: r.store.end - 1 }, (_, index) => index + 1).filter((n) => !bad.has(n))
      expect(r.received.toSorted((a, b) => a - b)).toEqual(good)
      expect([...r.store.dead.keys()].toSorted((a, b) => a - b)).toEqual(poison)
      const [last] = r.store.dead.values()
      expect(last).toMatchObject(
        fate === 'dies' ? { cause: 'rejected', attempts: 1 } : { cause: 'exhausted', attempts: 3 },
      )
      expect(r.store.saved?.state).toBe('closed')
    })

  it('spends a neighbour nothing, and the culprit keeps the answer that it got', async () => {
    const r = rig({ limits: { maxEvents: size }, scheduleMs: [30_000] })
    r.answer = (batch) =>
      numbersOf(batch).includes(4)
        ? { verdicts: forAll(batch.events.length, { kind: 'halt', reason: because(403) }) }
        : delivered(batch)
    r.start()
    for (let round = 0; round < 60; round++) {
      r.commit(size)
      await r.advance(5_000)
    }
    expect(r.store.dead.get(4)).toMatchObject({ reason: { code: 'http_403' } })
    const spent = r.sent.flatMap(({ batch, numbers }) =>
      batch.events.filter((_, i) => numbers[i] !== 4).map((e) => e.attempt),
    )
    expect(Math.max(...spent)).toBe(1)
  })
})
