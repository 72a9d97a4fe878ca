// Random histories: a destination that answers as chance will, kills and clean stops in between. At the end every event is in
// exactly one place (the store asserts that nothing is settled twice), and once faults end everything that can arrive has arrived.
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../src/model/batch.ts'
import { type Outcome, type Verdict } from '../../../src/model/verdict.ts'
import { because, delivered, halt, numbersOf, reject, retry, Rig, seeded, tooLarge } from './rig.ts'

interface History {
  readonly random: () => number
  /** Events that are refused for themselves, with a 400. */
  readonly poison: ReadonlySet<number>
  faulty: boolean
}

/** What the receiver does with a batch that it could take. */
function answer(batch: Batch, history: History): Outcome | Promise<Outcome> {
  const { random, poison, faulty } = history
  const numbers = numbersOf(batch)
  if (faulty) {
    const chance = random()
    if (chance < 0.1) return retry(batch)
    if (chance < 0.14) return retry(batch, 429, 2_000)
    if (chance < 0.16) return halt(batch)
    if (chance < 0.17) return new Promise(() => undefined)
    if (chance < 0.18) throw new Error('broken')
    if (chance < 0.2) return { verdicts: [] }
    if (chance < 0.24) return { verdicts: numbers.map(() => mixed(random())) }
    if (chance < 0.28 && batch.events.length > 1) return tooLarge(batch)
  }
  if (numbers.some((number) => poison.has(number))) return reject(batch)
  return delivered(batch)
}

function mixed(chance: number): Verdict {
  if (chance < 0.7) return { kind: 'delivered' }
  return chance < 0.9 ? { kind: 'retry', reason: because(503) } : { kind: 'halt', reason: because(403) }
}

async function live(seed: number): Promise<void> {
  const chance = seeded(seed)
  const random = (): number => chance.next()
  const pick = (choices: readonly number[]): number => choices[Math.floor(random() * choices.length)] as number
  const poison = new Set(Array.from({ length: pick([0, 0, 1, 4]) }, () => 1 + Math.floor(random() * 300)))
  const history: History = { random, poison, faulty: true }
  const options = { inFlight: pick([1, 2, 5]), limits: { maxEvents: pick([1, 3, 16]) }, timeoutMs: 5_000 }
  // So long a schedule that chance cannot exhaust it: what is dead at the end must be poison.
  const scheduleMs = Array.from({ length: 40 }, () => 1_000)
  let rig: Rig | null = null
  const received: number[] = []
  for (let life = 0; life < 3; life++) {
    rig = new Rig({
      ...options,
      scheduleMs,
      tookMs: pick([0, 7]),
      ...(rig ? { store: rig.store, clock: rig.clock } : {}),
    })
    rig.answer = (batch) => answer(batch, history)
    rig.start()
    for (let page = pick([1, 5]); page > 0; page--) {
      rig.commit(1 + Math.floor(random() * 40), { queue: random() < 0.2 ? 'catch_up' : 'live' })
      await rig.advance(pick([0, 10, 500, 20_000]))
    }
    if (life === 2) break
    if (random() < 0.5) rig.drain()
    await rig.advance(5)
    await rig.stop()
    received.push(...rig.received)
  }
  history.faulty = false
  const last = rig as Rig
  for (let round = 0; round < 30; round++) {
    last.commit(1)
    await last.advance(40_000)
  }
  received.push(...last.received)
  const { store } = last
  const dead = [...store.dead.keys()]
  expect({ seed, waiting: store.waiting, retrying: store.retrying.size }).toEqual({ seed, waiting: 0, retrying: 0 })
  expect(dead.filter((seq) => !poison.has(seq))).toEqual([])
  expect(new Set([...received, ...dead]).size).toBe(store.end - 1)
  expect(last.dispatcher.standing()).toEqual({ busy: false, nextInMs: null })
  await last.stop()
  expect(last.clock.pending).toBe(0)
}

describe('random histories', () => {
  for (let block = 0; block < 4; block++)
    it(`seeds ${block * 50 + 1} to ${block * 50 + 50}: each event ends in one place, and nothing good dies`, async () => {
      for (let seed = block * 50 + 1; seed <= block * 50 + 50; seed++) await live(seed)
    })
})
