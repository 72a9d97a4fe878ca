// One bad event where little else is sent: what it costs its neighbours and those that come after it, by the receiver's own clock.
import { afterEach, describe, expect, it } from 'vitest'
import { numbersOf, delivered, retry, Rig, type Answer, type RigOptions } from './rig.ts'

const second = 1_000
const minute = 60 * second

const cut: Answer = () => {
  throw Object.assign(new Error('the connection was cut'), { kind: 'broken' })
}

class Thin extends Rig {
  readonly #committedAt = new Map<number, number>()
  readonly #takenAt = new Map<number, number>()

  constructor(bad: readonly number[], options: RigOptions) {
    super(options)
    this.answer = (batch, signal) => {
      const numbers = numbersOf(batch)
      if (numbers.some((number) => bad.includes(number))) return cut(batch, signal)
      for (const number of numbers) this.#takenAt.set(number, this.clock.monotonic())
      return delivered(batch)
    }
    this.start()
  }

  /** `count` events, one every `everyMs`. */
  async trickle(count: number, everyMs: number): Promise<void> {
    for (let left = count; left > 0; left--) {
      this.offer(1)
      await this.advance(everyMs)
    }
  }

  offer(count: number): void {
    for (let index = 0; index < count; index++) this.#committedAt.set(this.store.end + index, this.clock.monotonic())
    this.commit(count)
  }

  /** How long each event that was taken had waited. */
  get waits(): number[] {
    return [...this.#takenAt].map(([number, at]) => at - (this.#committedAt.get(number) as number))
  }

  get trials(): number {
    return this.of('attempt').filter(({ kind }) => kind === 'trial').length
  }
}

const rigs: Thin[] = []
function thin(bad: readonly number[], options: RigOptions): Thin {
  const made = new Thin(bad, options)
  rigs.push(made)
  return made
}

afterEach(async () => {
  for (const made of rigs.splice(0)) await made.stop()
})

describe('row 53: one event whose request is cut, in a stream of single events', () => {
  it('five a second: nobody waits for it, and nothing is said of the destination', async () => {
    const r = thin([3], { inFlight: 8, limits: { maxEvents: 1 }, scheduleMs: [30 * second, 2 * minute] })
    await r.trickle(1_500, 200)
    expect([r.waits.length, Math.max(...r.waits)]).toEqual([1_499, 10])
    expect(r.of('health_changed')).toEqual([])
    expect(r.store.dead.get(3)).toMatchObject({ cause: 'exhausted', attempts: 3 })
  })

  it.each([
    ['1.5 s', 1_500],
    ['20 s', 20 * second],
    ['100 s', 100 * second],
  ])('one every %s: what comes is the comparison, and need not wait for the next trial', async (_name, everyMs) => {
    const r = thin([3], { inFlight: 8, limits: { maxEvents: 1 }, scheduleMs: [30 * second, 2 * minute] })
    await r.trickle(200, everyMs)
    expect(r.waits).toHaveLength(199)
    expect(Math.max(...r.waits)).toBeLessThanOrEqual(second)
    expect(r.store.dead.get(3)).toMatchObject({ cause: 'exhausted', attempts: 3 })
  })

  it('what waits is tried before the suspect', async () => {
    const r = thin([1], { inFlight: 8, limits: { maxEvents: 1 } })
    r.answer = cut
    r.offer(1)
    await r.advance(3 * second)
    r.offer(20)
    await r.advance(2 * minute)
    expect(r.sent.map(({ numbers }) => numbers[0]).slice(0, 7)).toEqual([1, 1, 2, 3, 4, 5, 6])
  })
})

describe('row 58: an outage in thin traffic', () => {
  it('has one comparison at once, and from then on trials 5 to 30 s apart, whatever comes', async () => {
    const r = thin([], { inFlight: 8, limits: { maxEvents: 1 } })
    r.answer = (batch) => retry(batch)
    r.offer(1)
    await r.advance(3 * second)
    await r.trickle(300, 2 * second)
    const gaps = r.sent.slice(1).map(({ at }, index) => at - (r.sent[index]?.at as number))
    expect(gaps.filter((gap) => gap < 4 * second).length).toBeLessThanOrEqual(2)
    expect(r.trials).toBeLessThan(35)
    r.answer = delivered
    await r.advance(35 * second)
    expect(r.store.delivered.size).toBe(301)
    expect(r.of('set_aside')).toEqual([])
  })

  it.each(['connect', 'name', 'tls'])('of the sort %s never cuts the batch that waits alone', async (kind) => {
    const r = thin([], {})
    r.answer = () => {
      throw Object.assign(new Error('nobody there'), { kind })
    }
    r.offer(10)
    await r.advance(60 * minute)
    r.answer = delivered
    await r.advance(minute)
    expect(new Set(r.sent.map(({ batch }) => batch.id)).size).toBe(1)
    expect(r.store.delivered.size).toBe(10)
  })
})

describe('row 53: a batch with one such event, and nothing else for hours', () => {
  const places = [[1], [17], [50], [17, 40], [1, 50]]
  for (const inFlight of [1, 4])
    it.each(places.map((bad) => [bad]))(`%j, ${inFlight} in flight: its neighbours are delivered`, async (bad) => {
      const r = thin(bad, { inFlight, limits: { maxEvents: 50 } })
      r.offer(50)
      await r.advance(bad.length * 5 * minute)
      expect(r.store.delivered.size).toBe(50 - bad.length)
      expect(r.received).toHaveLength(50 - bad.length)
      if (bad.length === 1) expect(Math.max(...r.waits)).toBeLessThan(minute)
      expect(r.store.dead.size).toBe(0)
      expect(r.of('health_changed').length).toBeLessThan(20)
    })
})
