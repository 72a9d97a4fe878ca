import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Breaker,
  breakerFrom,
  closedBreaker,
  type Happening,
  healthOf,
  type Moment,
  nextBreaker,
} from '../../../src/delivery/breaker.ts'
import { because, seeded } from './rig.ts'

const reason = because(500)
const at = (monotonic: number, inFlight = 4): Moment => ({
  now: 1e12 + monotonic,
  monotonic,
  random: seeded(3),
  inFlight,
})
const failed: Happening = { kind: 'failed', reason, trial: false, doubted: false }
const failedTrial: Happening = { kind: 'failed', reason, trial: true, doubted: false }
const halted: Happening = { kind: 'halted', reason: because(401), trial: false, doubted: false }
const run = (breaker: Breaker, happenings: readonly Happening[], moment = at(0)): Breaker =>
  happenings.reduce((state, happening) => nextBreaker(state, happening, moment), breaker)

describe('a closed breaker', () => {
  it('opens after three failures without a delivery between them', () => {
    expect(run(closedBreaker(at(0)), [failed, failed]).state).toBe('closed')
    expect(run(closedBreaker(at(0)), [failed, failed, failed]).state).toBe('open')
    expect(run(closedBreaker(at(0)), [failed, failed, { kind: 'delivered' }, failed, failed]).state).toBe('closed')
  })

  it('opens at the first where one request at a time keeps the order', () => {
    expect(run(closedBreaker(at(0, 1)), [failed], at(0, 1)).state).toBe('open')
  })

  it('halts at once, but not for a batch that is doubted already', () => {
    expect(run(closedBreaker(at(0)), [halted]).state).toBe('halted')
    expect(run(closedBreaker(at(0)), [{ ...halted, doubted: true }]).state).toBe('closed')
    expect(run(closedBreaker(at(0)), [halted, halted, halted]).state).toBe('halted')
  })

  it('opens when nothing else is left to try', () => {
    expect(run(closedBreaker(at(0)), [{ kind: 'stuck', reason, halts: false }]).state).toBe('open')
    expect(run(closedBreaker(at(0)), [{ kind: 'stuck', reason, halts: true }]).state).toBe('halted')
  })

  it('holds its pace when asked to, slows down, and opens only when told so three times', () => {
    const paced: Happening = { kind: 'paced', reason: because(429), afterMs: 5_000 }
    const once = nextBreaker(closedBreaker(at(0)), paced, at(100))
    expect(once).toMatchObject({ state: 'closed', notBefore: 5_100, ramp: 2 })
    const together = nextBreaker(once, paced, at(110))
    expect(together).toMatchObject({ state: 'closed', paces: 1, notBefore: 5_110, ramp: 2 })
    const thrice = [6_000, 12_000].reduce((breaker, time) => nextBreaker(breaker, paced, at(time)), together)
    expect(thrice).toMatchObject({ state: 'open', notBefore: 17_000 })
  })
})

describe('an open breaker', () => {
  const open = run(closedBreaker(at(0)), [failed, failed, failed])

  it('is tried soon, then every 5 to 30 s', () => {
    expect(open.notBefore).toBeLessThanOrEqual(1_200)
    const next = nextBreaker(open, failedTrial, at(1_200))
    expect(next.notBefore).toBeGreaterThanOrEqual(6_200)
    expect(next.trials).toBe(1)
  })

  it('does not count what was sent before it opened', () => {
    expect(nextBreaker(open, failed, at(50))).toMatchObject({ trials: 0, notBefore: open.notBefore })
  })

  it('closes with a ramp at a delivery, which doubles', () => {
    const closed = nextBreaker(open, { kind: 'delivered' }, at(2_000, 8))
    expect(closed).toMatchObject({ state: 'closed', ramp: 1, reason: null, lastFailure: { reason } })
    const ramps = [closed]
    for (let step = 0; step < 4; step++)
      ramps.push(nextBreaker(ramps.at(-1) as Breaker, { kind: 'delivered' }, at(3_000, 8)))
    expect(ramps.map(({ ramp }) => ramp)).toEqual([1, 2, 4, 8, 8])
  })

  it('closes when the destination answers at all, but not while it refuses everything', () => {
    expect(nextBreaker(open, { kind: 'answered' }, at(2_000)).state).toBe('closed')
    const refusing = nextBreaker(
      closedBreaker(at(0)),
      { kind: 'refuses_everything', reason: { code: 'refuses_everything', text: '' }, trial: false },
      at(0),
    )
    expect(refusing.state).toBe('halted')
    expect(nextBreaker(refusing, { kind: 'answered' }, at(2_000)).state).toBe('halted')
  })

  it('keeps the time that the receiver asked for, even when a late answer closes it', () => {
    const asked = nextBreaker(open, { ...failed, afterMs: 60_000 }, at(0))
    expect(asked.notBefore).toBe(60_000)
    expect(nextBreaker(asked, { kind: 'delivered' }, at(10)).notBefore).toBe(60_000)
  })

  it('becomes halted when a trial meets a wrong set-up, and the other way round', () => {
    const wrong = nextBreaker(open, { ...halted, trial: true }, at(2_000))
    expect(wrong).toMatchObject({ state: 'halted', trials: 1, reason: { code: 'http_401' } })
    expect(nextBreaker(wrong, failedTrial, at(9_000))).toMatchObject({ state: 'open', trials: 2 })
  })

  it('with one request in flight compares its oldest batch with another at every fourth trial, at once', () => {
    let breaker = run(closedBreaker(at(0, 1)), [failed], at(0, 1))
    const waits: number[] = []
    for (let trial = 0; trial < 8; trial++) {
      const now = breaker.notBefore
      breaker = nextBreaker(breaker, failedTrial, at(now, 1))
      waits.push(breaker.notBefore - now)
    }
    expect(waits.map((wait) => wait === 0)).toEqual([false, false, true, false, false, false, true, false])
  })
})

describe('whatever happens', () => {
  const anyReason = fc.constantFrom(500, 401, 429).map(because)
  const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
    fc.constant<Happening>({ kind: 'delivered' }),
    fc.constant<Happening>({ kind: 'answered' }),
    fc.record({
      kind: fc.constantFrom('failed' as const, 'halted' as const),
      reason: anyReason,
      trial: fc.boolean(),
      doubted: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('paced' as const), reason: anyReason, afterMs: fc.double() }),
    fc.record({ kind: fc.constant('stuck' as const), reason: anyReason, halts: fc.boolean() }),
  )

  it('nobody waits more than an hour, at least one request may run, and a delivery always closes', () => {
    fc.assert(
      fc.property(fc.array(anyHappening, { maxLength: 40 }), (happenings) => {
        let breaker = closedBreaker(at(0))
        happenings.forEach((happening, index) => {
          breaker = nextBreaker(breaker, happening, at(index * 100))
          expect(breaker.notBefore - index * 100).toBeLessThanOrEqual(3_600_000)
          expect(breaker.ramp).toBeGreaterThanOrEqual(1)
          expect(breaker.ramp).toBeLessThanOrEqual(4)
        })
        expect(nextBreaker(breaker, { kind: 'delivered' }, at(1e6))).toMatchObject({
          state: 'closed',
          failures: 0,
          trials: 0,
        })
      }),
    )
  })

  it('a start after a halt is tried at once, but not before the time that the receiver asked for', () => {
    const halted = (nextTrialAt: number) => {
      const reason = { code: 'http_401', text: 'the receiver answered 401' }
      const saved = { ...healthOf(closedBreaker(at(0)), at(0)), state: 'halted' as const, reason, nextTrialAt }
      return breakerFrom(saved, at(0)).notBefore - at(0).monotonic
    }
    expect(halted(at(0).now + 20_000)).toBe(0)
    expect(halted(at(0).now + 900_000)).toBe(900_000)
  })

  it('what is saved comes back, but for the ramp', () => {
    fc.assert(
      fc.property(fc.array(anyHappening, { maxLength: 20 }), (happenings) => {
        const breaker = run(closedBreaker(at(0)), happenings, at(1_000))
        const saved = healthOf(breaker, at(1_000))
        const back = healthOf(breakerFrom(saved, { ...at(50), now: at(1_000).now }), { ...at(50), now: at(1_000).now })
        const atOnce = saved.state === 'halted' && saved.nextTrialAt - at(1_000).now <= 30_000
        expect(back).toEqual(atOnce ? { ...saved, nextTrialAt: at(1_000).now } : saved)
      }),
    )
  })
})
