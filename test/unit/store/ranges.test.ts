import { describe, expect, it } from 'vitest'
import { addSettled, isSettled, settleBefore, type Settled } from '../../../src/store/ranges.ts'

const base: Settled = {
  position: 10,
  above: [
    { from: 20, to: 30 },
    { from: 40, to: 50 },
  ],
}

describe('addSettled', () => {
  it.each<[string, [number, number], Settled]>([
    ['nothing', [15, 15], base],
    [
      'a stretch of its own',
      [32, 35],
      {
        position: 10,
        above: [
          { from: 20, to: 30 },
          { from: 32, to: 35 },
          { from: 40, to: 50 },
        ],
      },
    ],
    [
      'one that touches the left',
      [30, 32],
      {
        position: 10,
        above: [
          { from: 20, to: 32 },
          { from: 40, to: 50 },
        ],
      },
    ],
    [
      'one that touches the right',
      [38, 40],
      {
        position: 10,
        above: [
          { from: 20, to: 30 },
          { from: 38, to: 50 },
        ],
      },
    ],
    ['one that fills a gap', [30, 40], { position: 10, above: [{ from: 20, to: 50 }] }],
    ['one at the position', [10, 15], { position: 15, above: base.above }],
    ['one that joins the position with what is above', [10, 20], { position: 30, above: [{ from: 40, to: 50 }] }],
    ['one beyond everything', [60, 61], { position: 10, above: [...base.above, { from: 60, to: 61 }] }],
  ])('adds %s', (_, [from, to], expected) => {
    expect(addSettled(base, { from, to })).toEqual(expected)
  })

  it.each([
    [5, 9],
    [5, 11],
    [9, 10],
    [19, 21],
    [20, 30],
    [25, 26],
    [29, 31],
    [15, 60],
    [30, 41],
    [49, 60],
  ])('refuses [%i, %i)', (from, to) => {
    expect(() => addSettled(base, { from, to })).toThrow('twice')
  })

  it('knows what is settled', () => {
    expect([9, 10, 19, 20, 29, 30, 49, 50].map((seq) => isSettled(base, seq))).toEqual([
      true,
      false,
      false,
      true,
      true,
      false,
      true,
      false,
    ])
  })
})

describe('settleBefore', () => {
  const last = { from: 40, to: 50 }
  it.each<[string, number, Settled]>([
    ['nothing that was not', 5, base],
    ['up to a gap', 15, { position: 15, above: base.above }],
    ['up to where a stretch begins', 20, { position: 30, above: [last] }],
    ['into a stretch', 25, { position: 30, above: [last] }],
    ['up to where it ends', 30, { position: 30, above: [last] }],
    ['beyond them all', 60, { position: 60, above: [] }],
  ])('%s', (_, to, expected) => {
    expect(settleBefore(base, to)).toEqual(expected)
  })
})
