// Chance and ids, handed in so that a simulation can repeat a run.
import { randomBytes } from 'node:crypto'

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** `count` random bytes as hex. */
  hex(count: number): string
}

export const systemRandom: Random = {
  next: () => Math.random(),
  hex: (count) => randomBytes(count).toString('hex'),
}
