// Seeded chance: the same seed gives the same campaign, as far as processes allow.

export interface Chance {
  /** Uniform in [0, 1). */
  next(): number
  /** An integer in [from, to). */
  between(from: number, to: number): number
}

/** mulberry32. */
export function chance(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  return { next, between: (from, to) => from + Math.floor(next() * (to - from)) }
}
