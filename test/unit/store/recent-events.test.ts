import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecentEvents, wordsOf } from '../../../src/store/recent-events.ts'

const limit = 2048

/** A key whose slot is one of few, so that searches meet and gaps must be closed. */
function keyOf(id: number): Uint32Array {
  return Uint32Array.of(id % 7, id, 1, 2)
}

describe('RecentEvents', () => {
  it('remembers exactly the newest events, however crowded its slots are', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 100, maxLength: 6000 })
    fc.assert(
      fc.property(steps, (ids) => {
        const recent = new RecentEvents(limit)
        const model: number[] = []
        for (const id of ids) {
          const known = model.includes(id)
          if (recent.look(keyOf(id), 0, Uint32Array.of(id, 9), 0) !== (known ? 'same' : 'new')) return false
          if (recent.look(keyOf(id), 0, Uint32Array.of(id, 8), 0) !== (known ? 'other' : 'new')) return false
          if (known) continue
          recent.add(keyOf(id), 0, Uint32Array.of(id, 9), 0)
          model.push(id)
          if (model.length > limit) model.shift()
        }
        return recent.size === model.length
      }),
      { numRuns: 12 },
    )
  })

  it('forgets the oldest at its limit and closes the gap that it leaves', () => {
    const recent = new RecentEvents(8)
    for (let id = 0; id < 100; id++) {
      recent.add(keyOf(id), 0, Uint32Array.of(id, 0), 0)
      for (let old = 0; old <= id; old++)
        expect(recent.look(keyOf(old), 0, Uint32Array.of(old, 0), 0)).toBe(old > id - 8 ? 'same' : 'new')
    }
  })

  it('remembers several versions of an event', () => {
    const recent = new RecentEvents(8)
    const print = (version: number) => Uint32Array.of(version, 0)
    for (const version of [1, 2]) recent.add(keyOf(1), 0, print(version), 0)
    expect([1, 2, 3].map((version) => recent.look(keyOf(1), 0, print(version), 0))).toEqual(['same', 'same', 'other'])
  })

  it('reads columns that lie anywhere', () => {
    const bytes = new Uint8Array(33).map((_, index) => index)
    expect([...wordsOf(bytes.subarray(1, 17))]).toEqual([...new Uint32Array(bytes.slice(1, 17).buffer)])
  })
})
