import { describe, expect, it } from 'vitest'
import { LearnedLimits } from '../../../src/delivery/learned-limits.ts'
import { order, trialOrder } from '../../../src/delivery/turns.ts'
import { Window } from '../../../src/delivery/window.ts'

describe('turns', () => {
  const firsts = Array.from({ length: 100 }, (_, turn) => order(turn)[0])
  const share = (supply: string): number => firsts.filter((first) => first === supply).length

  it('give live most, retries a fifth, and each slow queue a twentieth', () => {
    expect([share('live'), share('retry'), share('catch_up'), share('replay')]).toEqual([70, 20, 5, 5])
  })

  it('ask every supply in every turn', () => {
    for (let turn = 0; turn < 20; turn++) {
      expect(order(turn).toSorted()).toEqual(['catch_up', 'live', 'replay', 'retry'])
      expect(trialOrder(turn).toSorted()).toEqual(['catch_up', 'live', 'replay', 'retry'])
    }
  })

  it('let every supply speak in a long outage, whichever trials go to the queues', () => {
    const even = Array.from({ length: 10 }, (_, index) => trialOrder(index * 2)[0])
    expect(new Set(even)).toEqual(new Set(['live', 'retry', 'catch_up', 'replay']))
  })
})

describe('learned limits', () => {
  const configured = { maxEvents: 100, maxBytes: 10_000, overheadBytes: 1 }

  it('halve what was too large, and grow back to what was configured', () => {
    const limits = new LearnedLimits(configured)
    limits.tooLarge({ bytes: 8_000, events: { length: 100 } })
    expect(limits.current).toMatchObject({ maxEvents: 50, maxBytes: 4_000 })
    limits.tooLarge({ bytes: 8_000, events: { length: 100 } })
    expect(limits.current).toMatchObject({ maxEvents: 50, maxBytes: 4_000 })
    for (let delivery = 0; delivery < 100; delivery++) limits.delivered()
    expect(limits.current).toMatchObject({ maxEvents: 56, maxBytes: 4_400 })
    for (let delivery = 0; delivery < 5_000; delivery++) limits.delivered()
    expect(limits.current).toBe(configured)
  })

  it('never fall below one event', () => {
    const limits = new LearnedLimits(configured)
    for (let time = 0; time < 20; time++) limits.tooLarge({ bytes: 1, events: { length: 1 } })
    expect(limits.current).toMatchObject({ maxEvents: 1, maxBytes: 1 })
  })
})

describe('the window', () => {
  it('is full at 64 batches from the oldest that is not settled, parts counted', () => {
    const window = new Window()
    const first = window.take()
    window.add(first)
    window.add(first)
    for (let batch = 1; batch < 64; batch++) {
      expect(window.full).toBe(false)
      const ordinal = window.take()
      window.add(ordinal)
      window.remove(ordinal)
    }
    expect(window.full).toBe(true)
    window.remove(first)
    expect(window.full).toBe(true)
    window.remove(first)
    expect(window.full).toBe(false)
  })
})
