// The ways in which a campaign ends a relay, over and over, and what must hold afterwards.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { type Campaign, DESTINATIONS, DUPLICATES_PER_KILL, type Verdicts } from './campaign.ts'
import type { RelayProcess } from './process.ts'

/** A round lasts no longer than this, whatever it waits for. */
const roundLimitMs = 6_000
/** A start takes about this long; recovery, reading and pruning are over after that much more. */
const startWithinMs = 600
const settledInMs = 400
const stopWithinMs = 20_000

/** SIGKILL at `kills` random moments of one relay after the other. */
export async function killAtRandom(campaign: Campaign, kills: number): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    const relay = campaign.relay()
    await Promise.race([randomMoment(campaign, relay), relay.ended])
    relay.kill('SIGKILL')
    const end = await relay.ended
    if (end.signal !== 'SIGKILL')
      throw new Error(`before kill ${kill} the relay ended by itself (${end.code}):\n${end.said}`)
  }
}

/** SIGTERM at random moments after the start; each must end the relay in time, with 0. Returns how long each took, ms. */
export async function stopAtRandom(campaign: Campaign, stops: number): Promise<number[]> {
  const took: number[] = []
  for (let stop = 0; stop < stops; stop++) {
    const relay = campaign.relay()
    await relay.started
    await Promise.race([randomMoment(campaign, relay), relay.ended])
    const askedAt = performance.now()
    relay.kill('SIGTERM')
    const end = await withinLimit(relay, stopWithinMs)
    if (end.code !== 0) throw new Error(`stop ${stop} ended with ${end.code ?? end.signal}:\n${end.said}`)
    took.push(performance.now() - askedAt)
  }
  return took
}

/** Nothing lost, invented, altered or misrouted, and no more duplicates than `kills` explain. */
export function expectKept(verdicts: Verdicts, kills: number): void {
  for (const destination of DESTINATIONS) {
    const { wanted, lost, invented, altered, misrouted, duplicates, examples } = verdicts[destination]
    const faults = { lost, invented, altered, misrouted }
    expect(faults, `${destination}: ${examples.join('\n')}`).toEqual({ lost: 0, invented: 0, altered: 0, misrouted: 0 })
    expect(wanted, `${destination} was given nothing to do`).toBeGreaterThan(0)
    expect(duplicates, destination).toBeLessThanOrEqual(kills * DUPLICATES_PER_KILL)
  }
  // The archive recognises a batch that it has already written.
  expect(verdicts.archive.duplicates, 'archive').toBe(0)
}

/** One line for the log of a run: what was seen, beside what was allowed. */
export function summary(name: string, seed: number, verdicts: Verdicts, kills: number): string {
  const parts = DESTINATIONS.map((destination) => {
    const { wanted, duplicates } = verdicts[destination]
    return `${destination}: ${wanted} events, ${duplicates} duplicates`
  })
  return `${name}, seed ${seed}: ${kills} kills, ${parts.join('; ')}; allowed ${kills * DUPLICATES_PER_KILL} each`
}

/** Some time after the start, or just when a request has arrived, or just when one was answered. */
async function randomMoment(campaign: Campaign, relay: RelayProcess): Promise<void> {
  const { chance } = campaign
  const kind = chance.next()
  if (kind < 0.2) return sleep(chance.between(0, startWithinMs))
  if (kind < 0.4) return relay.started.then(() => sleep(chance.between(0, settledInMs)))
  await campaign.untilMoment(kind < 0.7 ? 'received' : 'answered', chance.between(1, 150), roundLimitMs)
  if (kind > 0.9) await sleep(chance.between(0, 30))
}

async function withinLimit(relay: RelayProcess, limitMs: number) {
  const timer = setTimeout(() => relay.kill('SIGKILL'), limitMs)
  const end = await relay.ended
  clearTimeout(timer)
  return end
}
