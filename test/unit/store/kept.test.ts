// Which kept events a replay takes, a step at a time.
import { describe, expect, it } from 'vitest'
import { allBits, countBits } from '../../../src/model/page.ts'
import { GONE_THROUGH, hadOf, type Met, occurredIn, PAGES_PER_STEP, step } from '../../../src/store/kept.ts'

describe('the events of a page', () => {
  const times = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
  const page = { firstSeq: 100, count: 10, bitmap: allBits(10) }

  it('are those of the period, its beginning with it and its end without', () => {
    const { bitmap, matched } = occurredIn(page, (index) => times[index] as number, { from: 20, to: 90 })
    expect([matched, countBits(bitmap, 10), bitmap[0], bitmap[1]]).toEqual([7, 7, 0b11111110, 0])
  })

  it('but for those that were not routed, still wait, or are set aside', () => {
    const routed = { ...page, bitmap: Uint8Array.of(0b11110111, 0b11) }
    const chosen = occurredIn(routed, (index) => times[index] as number, { from: 0, to: 1000 })
    expect(chosen.matched).toBe(9)
    const settled = { position: 104, above: [{ from: 106, to: 109 }] }
    const { bitmap, matched } = hadOf(chosen, page, settled, new Set([101, 107]))
    expect([matched, bitmap[0], bitmap[1]]).toEqual([4, 0b01000101, 0b1])
  })
})

describe('a step', () => {
  /** Pages of so many chosen, of which so many can be sent; each is ten ordinals long. */
  function over(pages: readonly (readonly [chosen: number, matched: number])[]) {
    const put: number[] = []
    const next = (from: number): Met | null => {
      const index = Math.ceil(from / 10)
      const page = pages[index]
      if (!page) return null
      const [chosen, matched] = page
      return { end: index * 10 + 10, chosen, matched, put: () => void put.push(index) }
    }
    return { put, go: (from: number, limit: number, left: number) => step(from, { limit, left }, next) }
  }

  it.each([
    ['a page at least', 0, 1, { taken: 5, skipped: 1, place: 10 }, [0]],
    ['as many as hold no more', 0, 9, { taken: 9, skipped: 2, place: 20 }, [0, 1]],
    ['from where the one before ended', 20, 100, { taken: 3, skipped: 0, place: GONE_THROUGH }, [2]],
  ])('takes %s', (_, from, limit, expected, put) => {
    const rig = over([
      [6, 5],
      [5, 4],
      [3, 3],
    ])
    expect(rig.go(from, limit, from === 20 ? 3 : 14)).toEqual(expected)
    expect(rig.put).toEqual(put)
  })

  it('ends at what was counted: a page with more came later, and what is missing was removed', () => {
    const later = over([
      [2, 2],
      [5, 5],
    ])
    expect(later.go(0, 100, 3)).toEqual({ taken: 2, skipped: 1, place: GONE_THROUGH })
    expect(later.put).toEqual([0])
    expect(over([[2, 2]]).go(0, 100, 6)).toEqual({ taken: 2, skipped: 4, place: GONE_THROUGH })
    expect(over([]).go(0, 100, 0)).toEqual({ taken: 0, skipped: 0, place: GONE_THROUGH })
  })

  it('looks at a bounded number of pages, though none of them has anything to send', () => {
    const rig = over(Array.from({ length: PAGES_PER_STEP * 2 }, () => [1, 0] as const))
    expect(rig.go(0, 1000, 1000)).toEqual({ taken: 0, skipped: PAGES_PER_STEP, place: PAGES_PER_STEP * 10 })
  })
})
