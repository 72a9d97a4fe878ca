import { describe, expect, it } from 'vitest'
import { Elapsed } from '../../../src/store/elapsed.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const day = 86_400_000

function started(clock: TestClock, saved: ConstructorParameters<typeof Elapsed>[0] = null): Elapsed {
  return new Elapsed(saved, clock.now(), () => clock.monotonic())
}

describe('Elapsed', () => {
  it('counts what it lives through, and at most a day of each absence', async () => {
    const clock = new TestClock()
    const first = started(clock)
    await clock.advance(3 * day)
    expect(first.ms()).toBe(3 * day)
    const saved = first.save(clock.now())
    clock.jump(1000)
    expect(started(clock, saved).ms()).toBe(3 * day + 1000)
    clock.jump(400 * day)
    expect(started(clock, saved).ms()).toBe(4 * day)
    clock.jump(-800 * day)
    expect(started(clock, saved).ms()).toBe(3 * day)
  })

  it('row 24: disagrees with a clock that jumps, and forgives it after a day', async () => {
    const clock = new TestClock()
    const elapsed = started(clock)
    expect(elapsed.agrees(clock.now())).toBe(true)
    clock.jump(9 * 60_000)
    expect(elapsed.agrees(clock.now())).toBe(true)
    clock.jump(365 * day)
    expect(elapsed.agrees(clock.now())).toBe(false)
    await clock.advance(day / 2)
    expect(elapsed.agrees(clock.now())).toBe(false)
    await clock.advance(day)
    expect(elapsed.agrees(clock.now())).toBe(false)
    expect(elapsed.agrees(clock.now())).toBe(true)
    expect(elapsed.ms()).toBe(1.5 * day)
  })

  it('does not mistake a slow drift for a jump', async () => {
    const clock = new TestClock()
    const elapsed = started(clock)
    for (let passed = 0; passed < 200; passed++) {
      await clock.advance(day + 1)
      clock.jump(60_000)
      expect(elapsed.agrees(clock.now())).toBe(true)
    }
  })
})
