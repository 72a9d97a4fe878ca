import { afterEach, describe, expect, it } from 'vitest'
import { SetupError, StateError, StateFullError } from '../../../src/model/errors.ts'
import type { Batch } from '../../../src/model/batch.ts'
import { because, delivered, halt, numbersOf, pageOf, reject, retry, Rig, type RigOptions, tooLarge } from './rig.ts'

const rigs: Rig[] = []

function rig(options: RigOptions = {}): Rig {
  const made = new Rig(options)
  rigs.push(made)
  return made
}

afterEach(async () => {
  for (const made of rigs.splice(0)) await made.stop().catch(() => undefined)
})

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)
const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b)

describe('a destination that is well', () => {
  it('delivers everything once, in batches across pages, and moves the position to the end', async () => {
    const r = rig()
    r.commit(7)
    r.commit(8)
    r.commit(10)
    r.start()
    await r.advance(100)
    expect(r.received).toEqual(upTo(25))
    expect(r.sent.map(({ numbers }) => numbers.length)).toEqual([10, 10, 5])
    expect(r.store.position()).toBe(26)
    expect(r.of('settled').reduce((sum, { delivered: count }) => sum + count, 0)).toBe(25)
    expect(r.of('idle')).toHaveLength(1)
  })

  it('wakes at once when a page is committed', async () => {
    const r = rig({ tookMs: 0 })
    r.start()
    await r.advance(60_000)
    r.commit(3)
    await r.clock.settle()
    expect(r.received).toEqual([1, 2, 3])
  })

  it('settles what the filter left out, without sending anything', async () => {
    const r = rig()
    r.commit(16, { bitmap: Uint8Array.of(0b0000_0100, 0) })
    r.commit(16, { bitmap: Uint8Array.of(0, 0) })
    r.start()
    await r.advance(100)
    expect(r.received).toEqual([3])
    expect(r.store.position()).toBe(33)
    expect(r.dispatcher.standing()).toEqual({ busy: false, nextInMs: null })
  })

  it('keeps within its requests in flight, and reaches that number', async () => {
    const r = rig({ inFlight: 3 })
    r.commit(200)
    r.start()
    await r.advance(500)
    expect(r.mostRunning).toBe(3)
    expect(r.store.delivered.size).toBe(200)
  })

  it('keeps the order with one request in flight', async () => {
    const r = rig({ inFlight: 1, limits: { maxEvents: 3 } })
    r.commit(50)
    r.start()
    await r.advance(2_000)
    expect(r.received).toEqual(upTo(50))
  })

  it('groups settlements instead of writing one for each request', async () => {
    const r = rig({ limits: { maxEvents: 1 }, tookMs: 1, inFlight: 8 })
    r.commit(800)
    r.start()
    await r.advance(1_000)
    expect(r.store.delivered.size).toBe(800)
    expect(r.store.settlements.length).toBeLessThan(20)
    expect(r.store.settlements.flatMap(({ attempts }) => attempts)).toHaveLength(800)
  })

  it('gives catch_up and replay a share while live never ends', async () => {
    const r = rig({ inFlight: 1, tookMs: 1, limits: { maxEvents: 1 } })
    r.commit(500)
    r.commit(20, { queue: 'catch_up' })
    r.commit(20, { queue: 'replay' })
    r.start()
    await r.advance(205)
    const first200 = r.sent.slice(0, 200).flatMap(({ numbers }) => numbers)
    expect(first200.filter((number) => number > 500 && number <= 520).length).toBeGreaterThanOrEqual(8)
    expect(first200.filter((number) => number > 520).length).toBeGreaterThanOrEqual(8)
    expect(first200.filter((number) => number <= 500).length).toBeGreaterThanOrEqual(160)
  })

  it('goes on where a killed run stopped, around what was settled above the position', async () => {
    const first = rig()
    first.commit(60)
    first.answer = (batch) => (numbersOf(batch).includes(1) ? new Promise(() => undefined) : delivered(batch))
    first.start()
    await first.advance(200)
    expect(first.store.position()).toBe(1)
    const second = rig({ store: first.store, clock: first.clock })
    second.start()
    await second.advance(200)
    expect(second.received).toEqual(upTo(10))
    expect(second.store.position()).toBe(61)
  })

  it('takes an event alone that is larger than the limit, and lets the receiver decide', async () => {
    const r = rig({ limits: { maxBytes: 500 } })
    r.commit(2)
    r.commit(1, { size: 2_000 })
    r.commit(2)
    r.start()
    await r.advance(100)
    expect(r.sent.map(({ numbers }) => numbers)).toEqual([[1, 2], [3], [4, 5]])
  })
})

describe('bounds', () => {
  it('a kill at any moment repeats no more than the requests in flight and 2,000 events', async () => {
    const r = rig({ limits: { maxEvents: 700 }, inFlight: 3, tookMs: 1 })
    let most = 0
    r.answer = (batch) => {
      most = Math.max(most, r.received.length + batch.events.length + (r.running - 1) * 700 - r.store.delivered.size)
      return delivered(batch)
    }
    for (let page = 0; page < 40; page++) r.store.commit(pageOf(1_000, r.store.end))
    r.start()
    await r.advance(2_000)
    expect(r.store.delivered.size).toBe(40_000)
    expect(most).toBeGreaterThan(2_000)
    expect(most).toBeLessThanOrEqual(3 * 700 + 2_000)
  })

  it('dispatches at most 64 batches ahead of the position', async () => {
    const r = rig({ limits: { maxEvents: 1 }, inFlight: 4, tookMs: 1 })
    r.answer = (batch) => (numbersOf(batch)[0] === 1 ? new Promise(() => undefined) : delivered(batch))
    r.commit(500)
    r.start()
    await r.advance(1_000)
    expect(r.received).toHaveLength(63)
  })
})

describe('an outage', () => {
  it('spends no attempt and kills nothing, however long', async () => {
    const r = rig({ scheduleMs: [1_000] })
    let down = true
    r.answer = (batch) => (down ? retry(batch) : delivered(batch))
    r.commit(300)
    r.start()
    await r.advance(3 * 3_600_000)
    expect(r.store.saved?.state).toBe('open')
    expect(r.store.waiting).toBe(300)
    const trials = r.sent.slice(-50).map(({ at }) => at)
    trials.slice(1).forEach((at, index) => {
      expect(at - (trials[index] as number)).toBeGreaterThanOrEqual(5_000)
      expect(at - (trials[index] as number)).toBeLessThanOrEqual(30_100)
    })
    down = false
    await r.advance(32_000)
    expect(sorted(r.received)).toEqual(upTo(300))
    expect(r.store.dead.size + r.store.retrying.size).toBe(0)
    expect(Math.max(...r.sent.flatMap(({ batch }) => batch.events.map((event) => event.attempt)))).toBe(1)
    expect(r.of('set_aside')).toEqual([])
  })

  it('is found out after a few failures, and tried one batch at a time', async () => {
    const r = rig({ inFlight: 4 })
    r.answer = (batch) => retry(batch)
    r.commit(1_000)
    r.start()
    await r.advance(100)
    expect(r.sent.length).toBeLessThanOrEqual(7)
    r.mostRunning = 0
    await r.advance(600_000)
    expect(r.mostRunning).toBe(1)
    expect(r.of('attempt').at(-1)?.kind).toBe('trial')
  })

  it('holds a bounded number of batches in memory', async () => {
    const r = rig()
    r.answer = (batch) => retry(batch)
    r.commit(5_000)
    r.start()
    await r.advance(3_600_000)
    expect(new Set(r.sent.map(({ batch }) => batch.id)).size).toBeLessThanOrEqual(16)
  })

  it('ends with a ramp: one request, then two, then four', async () => {
    const r = rig({ inFlight: 8, tookMs: 10 })
    let down = true
    r.answer = (batch) => (down ? retry(batch) : delivered(batch))
    r.commit(1_000)
    r.start()
    await r.advance(60_000)
    down = false
    const before = r.sent.length
    await r.advance(31_000)
    const times = r.sent.slice(before).map(({ at }) => at)
    const at = times.findIndex((time, index) => index > 0 && time - (times[index - 1] as number) < 1_000)
    const waves = new Map<number, number>()
    for (const time of times.slice(at - 1)) waves.set(time, (waves.get(time) ?? 0) + 1)
    expect([...waves.values()].slice(0, 3)).toEqual([1, 1, 2])
  })

  it('repeats the identical batch, under the same id', async () => {
    const r = rig({ inFlight: 1 })
    let failures = 2
    r.answer = (batch) => (failures-- > 0 ? retry(batch) : delivered(batch))
    r.commit(10)
    r.start()
    await r.advance(60_000)
    expect(new Set(r.sent.map(({ batch }) => batch.id)).size).toBe(1)
    expect(r.sent).toHaveLength(3)
    expect(r.received).toEqual(upTo(10))
  })

  it('keeps the order with one request in flight', async () => {
    const r = rig({ inFlight: 1, limits: { maxEvents: 5 } })
    let down = true
    r.answer = (batch) => (down ? retry(batch) : delivered(batch))
    r.commit(100)
    r.start()
    await r.advance(250_000)
    down = false
    await r.advance(60_000)
    expect(r.received).toEqual(upTo(100))
  })

  it('goes on in the next run with its breaker and its trial time', async () => {
    const first = rig()
    first.answer = (batch) => retry(batch)
    first.commit(100)
    first.start()
    await first.advance(120_000)
    await first.stop()
    const saved = first.store.saved
    expect(saved?.state).toBe('open')
    const second = rig({ store: first.store, clock: first.clock })
    second.start()
    const wait = (saved?.nextTrialAt as number) - first.clock.now()
    await second.advance(wait - 1)
    expect(second.sent).toEqual([])
    expect(second.dispatcher.standing()).toEqual({ busy: false, nextInMs: 1 })
    await second.advance(100)
    expect(second.of('attempt')[0]?.kind).toBe('trial')
    await second.advance(1_000)
    expect(sorted(second.received)).toEqual(upTo(100))
  })

  it('row 24: a clock that jumps a year delays neither trials nor retries', async () => {
    const r = rig({ limits: { maxEvents: 1 } })
    const poison = new Set([3])
    let down = false
    r.answer = (batch) => (down || poison.has(numbersOf(batch)[0] as number) ? retry(batch) : delivered(batch))
    r.commit(40)
    r.start()
    await r.advance(2_000)
    r.commit(10)
    await r.advance(1_000)
    expect([...r.store.retrying.keys()]).toEqual([3])
    r.clock.jump(-365 * 86_400_000)
    poison.clear()
    await r.advance(40_000)
    expect(r.store.delivered.size).toBe(50)
    down = true
    r.commit(10)
    await r.advance(60_000)
    r.clock.jump(2 * 365 * 86_400_000)
    down = false
    await r.advance(31_000)
    expect(r.store.delivered.size).toBe(60)
  })

  it('flapping loses nothing and kills nothing', async () => {
    const r = rig()
    r.answer = (batch) => (Math.floor(r.clock.monotonic() / 7_000) % 2 === 0 ? delivered(batch) : retry(batch))
    r.start()
    for (let second = 0; second < 120; second++) {
      r.commit(50)
      await r.advance(1_000)
    }
    await r.advance(120_000)
    expect(sorted(r.received)).toEqual(upTo(6_000))
    expect(r.store.dead.size).toBe(0)
  })
})

describe('the pace that a receiver asks for', () => {
  it('row 44: waits for Retry-After, spends nothing, and sends the same batch again', async () => {
    const r = rig({ inFlight: 1 })
    let answered = 0
    r.answer = (batch) => (answered++ === 1 ? retry(batch, 429, 90_000) : delivered(batch))
    r.commit(30)
    r.start()
    await r.advance(90_000)
    expect(r.sent).toHaveLength(2)
    await r.advance(1_000)
    expect(r.sent[2]?.batch.id).toBe(r.sent[1]?.batch.id)
    expect(r.received).toEqual(upTo(30))
    expect(r.of('health_changed')).toEqual([])
  })

  it('never tries before Retry-After, not even a trial', async () => {
    const r = rig()
    r.answer = (batch) => retry(batch, 503, 600_000)
    r.commit(100)
    r.start()
    await r.advance(599_000)
    expect(r.sent.length).toBe(4)
    await r.advance(7_200_000)
    expect(r.sent.length).toBeLessThan(20)
    expect(r.store.saved?.state).toBe('open')
    r.answer = delivered
    await r.advance(600_000)
    expect(r.store.delivered.size).toBe(100)
    expect(r.of('set_aside')).toEqual([])
  })

  it('clamps an absurd Retry-After to an hour', async () => {
    const r = rig({ inFlight: 1 })
    r.answer = (batch) => retry(batch, 429, 1e12)
    r.commit(1)
    r.start()
    await r.advance(1_000)
    r.answer = delivered
    await r.advance(3_600_000)
    expect(r.received).toEqual([1])
  })
})

describe('one bad event', () => {
  for (let index = 1; index <= 16; index++)
    it(`row 53: refused with its batch, at place ${index} of 16, dies alone`, async () => {
      const r = rig({ limits: { maxEvents: 16 }, inFlight: 1 + (index % 3) })
      r.answer = (batch) => (numbersOf(batch).includes(index) ? reject(batch) : delivered(batch))
      r.commit(16)
      r.start()
      await r.advance(1_000)
      expect([...r.store.dead.keys()]).toEqual([index])
      expect(r.store.dead.get(index)).toMatchObject({ cause: 'rejected', attempts: 1, reason: because(400) })
      expect(sorted(r.received)).toEqual(upTo(16).filter((number) => number !== index))
      expect(r.sent.length).toBeLessThanOrEqual(10)
      expect(r.store.position()).toBe(17)
    })

  it('row 53: several of them die, and no other', async () => {
    const r = rig({ limits: { maxEvents: 16 } })
    const bad = [1, 2, 9, 16, 31]
    r.answer = (batch) => (numbersOf(batch).some((number) => bad.includes(number)) ? reject(batch) : delivered(batch))
    r.commit(64)
    r.start()
    await r.advance(2_000)
    expect(sorted([...r.store.dead.keys()])).toEqual(bad)
    expect(r.store.delivered.size).toBe(59)
    expect([...r.store.dead.values()].every((dead) => !dead.provisional)).toBe(true)
  })

  for (const [what, answer] of [
    ['a 500', retry],
    ['a 403', halt],
  ] as const)
    it(`that draws ${what} does not silence the destination: it is set aside, later dead, its neighbours lose nothing`, async () => {
      const r = rig({ limits: { maxEvents: 8 } })
      r.answer = (batch) => (numbersOf(batch).includes(5) ? answer(batch, 403) : delivered(batch))
      r.start()
      for (let second = 0; second < 200; second++) {
        r.commit(20)
        await r.advance(1_000)
      }
      expect(r.store.retrying.get(5) ?? r.store.dead.get(5)).toMatchObject({ reason: because(403) })
      const others = upTo(4_000).filter((number) => number !== 5)
      expect(sorted(r.received)).toEqual(others)
      for (let minute = 0; minute < 40; minute++) {
        r.commit(20)
        await r.advance(60_000)
      }
      expect([...r.store.dead.keys()]).toEqual([5])
      expect(r.store.dead.get(5)).toMatchObject({ cause: 'exhausted', attempts: 4 })
      expect(r.store.retrying.size).toBe(0)
    })

  it('that fails while nothing else is sent waits for something to compare it with', async () => {
    const r = rig({ limits: { maxEvents: 1 }, scheduleMs: [1_000] })
    r.answer = (batch) => (numbersOf(batch)[0] === 1 ? retry(batch) : delivered(batch))
    r.commit(1)
    r.start()
    await r.advance(3_600_000)
    expect(r.store.waiting).toBe(1)
    for (let hour = 0; hour < 12; hour++) {
      r.commit(1)
      await r.advance(3_600_000)
    }
    expect(r.store.delivered.size).toBe(12)
    expect(r.store.dead.get(1)).toMatchObject({ cause: 'exhausted', attempts: 2 })
  })

  it('row 48: verdicts that differ within a batch are obeyed one by one', async () => {
    const r = rig()
    r.answer = (batch) => ({
      verdicts: numbersOf(batch).map((number, index) => {
        if (number === 2) return { kind: 'reject', reason: because(400) }
        if (number === 4 && batch.events[index]?.attempt === 1) return { kind: 'retry', reason: because(429) }
        return { kind: 'delivered' }
      }),
    })
    r.commit(6)
    r.start()
    await r.advance(100)
    expect([...r.store.dead.values()]).toMatchObject([{ seq: 2, provisional: false }])
    expect([...r.store.retrying.values()]).toMatchObject([{ seq: 4, attempts: 1 }])
    await r.advance(40_000)
    expect(sorted(r.received)).toEqual([1, 3, 4, 5, 6])
    expect(r.sent.at(-1)?.batch.events[0]).toMatchObject({ attempt: 2 })
    expect(r.of('attempt')[0]?.verdict).toBe('mixed')
  })
})

describe('a wrong set-up', () => {
  it('that refuses everything kills nothing, and everything arrives once it is mended', async () => {
    const r = rig({ limits: { maxEvents: 16 } })
    r.answer = (batch) => reject(batch)
    r.commit(500)
    r.start()
    await r.advance(60_000)
    expect(r.store.dead.size).toBe(0)
    expect(r.store.saved).toMatchObject({ state: 'halted', reason: { code: 'refuses_everything' } })
    expect(r.of('exhumed')[0]?.events).toBeGreaterThan(0)
    expect(r.sent.length).toBeLessThan(300)
    r.answer = delivered
    await r.advance(120_000)
    expect(sorted(r.received)).toEqual(upTo(500))
  })

  it('is found after a hundred rejects in a row when events travel alone, across a restart', async () => {
    const first = rig({ limits: { maxEvents: 1 }, inFlight: 1 })
    first.answer = (batch) => reject(batch)
    first.commit(60)
    first.start()
    await first.advance(10_000)
    expect(first.store.dead.size).toBe(60)
    await first.stop()
    const second = rig({ limits: { maxEvents: 1 }, inFlight: 1, store: first.store, clock: first.clock })
    second.answer = (batch) => reject(batch)
    second.commit(60)
    second.start()
    await second.advance(10_000)
    expect(second.store.dead.size).toBe(0)
    expect(second.of('exhumed')).toMatchObject([{ events: 100 }])
    second.answer = delivered
    await second.advance(60_000)
    expect(second.store.delivered.size).toBe(120)
  })

  it('mended while many events are bad for themselves still finds the good ones', async () => {
    const r = rig({ limits: { maxEvents: 16 } })
    r.answer = (batch) => reject(batch)
    r.commit(64)
    r.start()
    await r.advance(30_000)
    r.answer = (batch) => (numbersOf(batch).some((number) => number % 8 === 1) ? reject(batch) : delivered(batch))
    await r.advance(600_000)
    expect(sorted([...r.store.dead.keys()])).toEqual([1, 9, 17, 25, 33, 41, 49, 57])
    expect(r.store.delivered.size).toBe(56)
  })

  it('row 45: a 401 halts, nothing is spent, secrets are read again before each trial, and the flow resumes', async () => {
    let key = 'old'
    let opened = ''
    const r = rig({ open: () => void (opened = key) })
    r.answer = (batch) => (opened === 'new' ? delivered(batch) : halt(batch))
    r.commit(50)
    r.start()
    await r.advance(300_000)
    expect(r.of('health_changed')).toMatchObject([{ to: 'halted' }])
    expect(r.opened).toBeGreaterThan(5)
    expect(r.closed).toBe(r.opened - 1)
    key = 'new'
    await r.advance(31_000)
    expect(sorted(r.received)).toEqual(upTo(50))
    expect(r.of('set_aside')).toEqual([])
    expect(r.store.saved?.state).toBe('closed')
  })

  it('a secret that is missing at start halts that destination only, until it is there', async () => {
    let present = false
    const r = rig({
      open: () => {
        if (!present) throw new SetupError('the environment variable SPLUNK_TOKEN is not set')
      },
    })
    r.commit(5)
    r.start()
    await r.advance(60_000)
    expect(r.store.saved).toMatchObject({ state: 'halted', reason: { code: 'setup' } })
    present = true
    await r.advance(31_000)
    expect(r.received).toEqual(upTo(5))
  })
})

describe('a batch that is too large', () => {
  it('row 52: is split without blame, the limit is remembered and slowly forgotten', async () => {
    const r = rig({ limits: { maxEvents: 64 }, inFlight: 1, tookMs: 1 })
    r.answer = (batch) => (batch.events.length > 20 ? tooLarge(batch) : delivered(batch))
    r.commit(20_000)
    r.start()
    await r.advance(200)
    expect(r.sent.slice(0, 4).map(({ numbers }) => numbers.length)).toEqual([64, 32, 16, 16])
    const refused = () => r.of('attempt').filter(({ verdict }) => verdict === 'reject').length
    const early = refused()
    expect(early).toBeLessThanOrEqual(3)
    await r.advance(5_000)
    expect(r.store.delivered.size).toBe(20_000)
    expect(r.received).toEqual(upTo(20_000))
    expect(refused()).toBeGreaterThan(early)
    expect(refused()).toBeLessThan(20)
  })

  it.each([1_000, 10_000, 100_000, 1_000_000, 10_000_000])(
    'row 52: by a receiver that takes %i bytes: what fits arrives once, in order or not, what never fits is dead',
    async (limit) => {
      const bytesOf = (batch: Batch): number => batch.events.reduce((sum, { start, end }) => sum + end - start, 0)
      const r = rig({ limits: { maxEvents: 1_000, maxBytes: 16_000_000 }, inFlight: 1, tookMs: 1 })
      r.answer = (batch) => (bytesOf(batch) > limit ? tooLarge(batch) : delivered(batch))
      const size = limit / 50
      r.commit(100, { size })
      r.commit(1, { size: limit })
      r.commit(100, { size })
      r.start()
      await r.advance(10_000)
      expect([...r.store.dead.keys()]).toEqual([101])
      expect(r.store.dead.get(101)).toMatchObject({ cause: 'too_large' })
      expect(sorted(r.received)).toEqual(upTo(201).filter((number) => number !== 101))
      const refused = r.sent.filter(({ batch }) => bytesOf(batch) > limit).length
      expect(refused).toBeLessThanOrEqual(24)
    },
  )

  it('row 52: a single event that is too large dies as such', async () => {
    const r = rig()
    r.answer = (batch) => (numbersOf(batch).includes(4) ? tooLarge(batch) : delivered(batch))
    r.commit(8)
    r.start()
    await r.advance(1_000)
    expect(r.store.dead.get(4)).toMatchObject({ cause: 'too_large', provisional: true })
    r.commit(1)
    await r.advance(1_000)
    expect(r.store.dead.get(4)).toMatchObject({ cause: 'too_large', provisional: false })
    expect(r.store.delivered.size).toBe(8)
  })
})

describe('requests that go wrong', () => {
  it('row 46: one that never ends is ended in time and counts as a failure', async () => {
    const r = rig({ timeoutMs: 5_000, inFlight: 2, limits: { maxEvents: 1 } })
    let aborted = 0
    r.answer = (batch, signal) => {
      if (numbersOf(batch)[0] !== 2 || batch.events[0]?.attempt !== 1 || aborted >= 2) return delivered(batch)
      signal.addEventListener('abort', () => aborted++)
      return new Promise(() => undefined)
    }
    r.start()
    for (let second = 0; second < 60; second++) {
      r.commit(1)
      await r.advance(1_000)
    }
    expect(aborted).toBe(2)
    expect(r.of('attempt').filter(({ reason }) => reason?.code === 'timeout')).toHaveLength(2)
    await r.advance(60_000)
    expect(sorted(r.received)).toEqual(upTo(60))
  })

  it('one that throws is a retry with a code of its own', async () => {
    const r = rig()
    r.answer = () => {
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    }
    r.commit(1)
    r.start()
    await r.advance(100)
    expect(r.of('attempt')[0]).toMatchObject({ verdict: 'retry', reason: { code: 'econnrefused' } })
  })

  it('a wrong number of verdicts is a retry, and said', async () => {
    const r = rig()
    r.answer = () => ({ verdicts: [{ kind: 'delivered' }] })
    r.commit(3)
    r.start()
    await r.advance(100)
    expect(r.of('attempt')[0]).toMatchObject({ verdict: 'retry', reason: { code: 'internal' } })
    expect(r.store.delivered.size).toBe(0)
  })

  it('a later acknowledgement frees the slot, and its verdicts count when they come', async () => {
    const r = rig({ inFlight: 1, tookMs: 1 })
    r.answer = (batch) => ({
      confirmation: r.clock.sleep(1_000).then(() => batch.events.map(() => ({ kind: 'delivered' as const }))),
    })
    r.commit(30)
    r.start()
    await r.advance(100)
    expect(r.sent).toHaveLength(3)
    expect(r.store.delivered.size).toBe(0)
    expect(r.dispatcher.standing().busy).toBe(true)
    await r.advance(1_000)
    expect(r.store.delivered.size).toBe(30)
  })

  it('unconfirmed batches are bounded', async () => {
    const r = rig({ inFlight: 2, tookMs: 1 })
    r.answer = () => ({ confirmation: new Promise(() => undefined) })
    r.commit(1_000)
    r.start()
    await r.advance(1_000)
    expect(r.sent.length).toBeLessThanOrEqual(10)
  })
})

describe('stopping', () => {
  it('row 61: a drain lets requests finish and writes what they did', async () => {
    const r = rig({ tookMs: 1_000 })
    r.commit(100)
    r.start()
    await r.advance(500)
    r.drain()
    await r.advance(2_000)
    expect(r.stopped).toBe(true)
    expect(r.store.delivered.size).toBe(40)
    expect(r.sent).toHaveLength(4)
    expect(r.closed).toBe(r.opened)
    expect(r.clock.pending).toBe(0)
  })

  it('row 61: an abort abandons them, which is no attempt, and nothing is lost', async () => {
    const r = rig({ tookMs: 60_000 })
    r.commit(100)
    r.start()
    await r.advance(500)
    r.drain()
    await r.advance(1_000)
    expect(r.stopped).toBe(false)
    r.abort()
    await r.advance(1)
    expect(r.stopped).toBe(true)
    expect(r.store.waiting).toBe(100)
    expect(r.of('attempt')).toEqual([])
    expect(r.runningAtClose).toBe(0)
    expect(r.clock.pending).toBe(0)
  })

  it('row 61: nothing is sent once a drain came, even while pages are being read', async () => {
    const r = rig()
    let read = (): void => undefined
    const nextPage = r.store.nextPage.bind(r.store)
    r.store.nextPage = async (...args) => {
      await new Promise<void>((resolve) => (read = resolve))
      return nextPage(...args)
    }
    r.commit(10)
    r.start()
    await r.advance(10)
    r.drain()
    for (let page = 0; page < 5; page++) {
      read()
      await r.advance(10)
    }
    expect(r.sent).toEqual([])
    expect(r.stopped).toBe(true)
  })

  it('row 61: at every moment of a busy run, what was delivered is settled and nothing is settled twice', async () => {
    for (let at = 0; at < 120; at += 1) {
      const r = rig({ inFlight: 3, limits: { maxEvents: 4 } })
      r.answer = (batch) =>
        numbersOf(batch).includes(7) ? reject(batch) : numbersOf(batch).includes(20) ? retry(batch) : delivered(batch)
      r.commit(60)
      r.start()
      await r.advance(at)
      r.drain()
      await r.advance(100)
      expect(r.stopped).toBe(true)
      expect(sorted([...r.store.delivered])).toEqual(sorted(r.received))
      expect(r.store.waiting + r.store.delivered.size + r.store.dead.size + r.store.retrying.size).toBe(60)
    }
  })
})

describe('a store that refuses', () => {
  it('row 7: a full disk keeps what is known until there is room, and stops sending within the bound', async () => {
    const r = rig({ tookMs: 1, limits: { maxEvents: 100 } })
    let full = true
    r.store.onWrite = () => {
      if (full) throw new StateFullError('the disk is full')
    }
    for (let page = 0; page < 20; page++) r.commit(1_000)
    r.start()
    await r.advance(120_000)
    expect(r.received.length).toBeLessThanOrEqual(4 * 100 + 2_000)
    expect(r.store.delivered.size).toBe(0)
    full = false
    await r.advance(31_000)
    expect(r.store.delivered.size).toBe(20_000)
    expect(r.received).toHaveLength(20_000)
  })

  it('row 7: while refused events cannot go back to waiting, nothing more is sent', async () => {
    const r = rig({ limits: { maxEvents: 4 }, inFlight: 1 })
    let full = true
    r.store.onWrite = (verb) => {
      if (verb === 'exhume' && full) throw new StateFullError('the disk is full')
    }
    r.answer = (batch) => reject(batch)
    r.commit(4)
    r.start()
    await r.advance(1_000)
    r.answer = delivered
    r.commit(4)
    const before = r.sent.length
    await r.advance(60_000)
    expect(r.sent.length).toBe(before)
    expect(r.store.dead.size).toBe(4)
    full = false
    await r.advance(31_000)
    expect(r.store.delivered.size).toBe(8)
  })

  it('any other failure of the store ends the run', async () => {
    const r = rig()
    r.store.onWrite = () => {
      throw new StateError('the state is damaged')
    }
    r.commit(10)
    r.start()
    await r.clock.advance(1_000)
    expect(r.failure).toBeInstanceOf(StateError)
    r.failure = null
  })
})
