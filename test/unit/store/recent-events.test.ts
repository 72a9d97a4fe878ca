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
          const place = recent.find(keyOf(id), 0)
          if (place >= 0 !== known) return false
          if (known) {
            if (!recent.samePrint(place, Uint32Array.of(id, 9), 0) || recent.samePrint(place, Uint32Array.of(id, 8), 0))
              return false
            continue
          }
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
      for (let old = 0; old <= id; old++) expect(recent.find(keyOf(old), 0) >= 0).toBe(old > id - 8)
    }
  })

  it('reads columns that lie anywhere', () => {
    const bytes = new Uint8Array(33).map((_, index) => index)
    expect([...wordsOf(bytes.subarray(1, 17))]).toEqual([...new Uint32Array(bytes.slice(1, 17).buffer)])
  })
})
