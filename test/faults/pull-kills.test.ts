// SIGKILL at random moments, and at named points, while sources are pulled that show events late, in ties, behind limits and faults
// (rows 19 to 30 of the failure catalogue): what they hold in the end is what arrived, none missing, none doubled.
// More kills or another seed: AUDIT_RELAY_TEST_KILLS=2000 AUDIT_RELAY_TEST_SEED=7 vitest run --project slow pull-kills
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { CRASH_VARIABLE, type CrashPoint } from '../../src/runtime/crash-points.ts'
import type { RelayProcess } from './campaign/process.ts'
import { DUPLICATES_PER_KILL, PullCampaign, type PullVerdicts } from './campaign-pull/pull-campaign.ts'

const kills = Number(process.env['AUDIT_RELAY_TEST_KILLS'] ?? 40)
const seed = Number(process.env['AUDIT_RELAY_TEST_SEED'] ?? 20_260_519)
const crashesPerPoint = 3
const roundLimitMs = 4_000
const reachWithinMs = 40_000
/** A pull is due every 300 ms, and a second must pass before events are asked for. */
const freshWithinMs = 15_000
const longestLeapMs = 25_000

it(`${kills} kills at random moments of pulls lose, invent, alter and double nothing`, async () => {
  const running = await PullCampaign.start({ seed })
  try {
    for (let kill = 0; kill < kills; kill++) {
      const relay = running.relay()
      await Promise.race([randomMoment(running, relay), relay.ended])
      relay.kill('SIGKILL')
      const end = await relay.ended
      expect(end.signal, `before kill ${kill} the relay ended by itself (${end.code}):\n${end.said}`).toBe('SIGKILL')
      running.leap(running.chance.between(0, longestLeapMs), running.chance.between(0, 60))
    }
    await expectWhole(running, 'random kills', kills)
  } finally {
    await running.close()
  }
})

for (const [index, point] of (['page-read', 'after-commit'] as const).entries())
  it(`a kill at ${point} of a pull, three times in a row, does no harm either`, () => crash(point, seed + 10 + index))

async function crash(point: CrashPoint, campaignSeed: number): Promise<void> {
  const running = await PullCampaign.start({ seed: campaignSeed })
  try {
    for (let crashes = 0; crashes < crashesPerPoint; crashes++) {
      const relay = running.relay({ [CRASH_VARIABLE]: `${point}:${running.chance.between(1, 30)}` })
      const end = await Promise.race([relay.ended, sleep(reachWithinMs)])
      relay.kill('SIGKILL')
      await relay.ended
      expect(end, `${point} was not reached`).toMatchObject({ signal: 'SIGKILL' })
      running.leap(running.chance.between(0, longestLeapMs), running.chance.between(0, 60))
    }
    await expectWhole(running, point, crashesPerPoint)
  } finally {
    await running.close()
  }
}

async function expectWhole(running: PullCampaign, name: string, times: number): Promise<void> {
  const verdicts = await running.drain()
  console.log(summary(name, running, verdicts, times))
  const { hook, archive, caughtUpMs, freshMs, doubled } = verdicts
  for (const [destination, verdict] of Object.entries({ hook, archive })) {
    const { wanted, received: _, duplicates, examples, ...faults } = verdict
    expect(faults, `${destination}: ${examples.join('\n')}`).toEqual({ lost: 0, invented: 0, altered: 0 })
    expect(wanted, `${destination} was given nothing to do`).toBeGreaterThan(0)
    expect(duplicates, destination).toBeLessThanOrEqual(times * DUPLICATES_PER_KILL)
  }
  expect(archive.duplicates, 'archive').toBe(0)
  // Duplicates come from kills alone, not from what is read twice.
  expect(doubled, 'events that arrived again without a kill').toBe(0)
  expect(caughtUpMs, 'nothing arrived any more before what is fresh').toBeLessThan(Infinity)
  expect(freshMs, 'ms until a fresh event arrived').toBeLessThan(freshWithinMs)
  const check = await running.command('check')
  expect(check.code, `the books do not balance:\n${check.said}`).toBe(0)
  if (times >= 20) expect(Object.values(running.trouble.seen).every((count) => count > 0)).toBe(true)
}

function summary(
  name: string,
  { trouble }: PullCampaign,
  { hook, archive, caughtUpMs, freshMs }: PullVerdicts,
  times: number,
): string {
  const wrong = Object.entries(trouble.seen).map(([kind, count]) => `${count} ${kind}`)
  return (
    `${name}, seed ${seed}: ${times} kills, ${archive.wanted} events, ${trouble.requests} requests (${wrong.join(', ')}); ` +
    `${hook.duplicates} duplicates at the webhook (${times * DUPLICATES_PER_KILL} allowed), ${archive.duplicates} in the archive; ` +
    `caught up after ${Math.round(caughtUpMs)} ms, then a fresh event took ${Math.round(freshMs)} ms`
  )
}

/** Some time after the start, or just when something was asked of a source, or was sent. */
async function randomMoment(running: PullCampaign, relay: RelayProcess): Promise<void> {
  const { chance, trouble, receiver } = running
  const kind = chance.next()
  if (kind < 0.15) return sleep(chance.between(0, 600))
  await relay.started
  if (kind < 0.3) return sleep(chance.between(0, 600))
  let left = chance.between(1, kind < 0.8 ? 40 : 20)
  const hit = new Promise<void>((resolve) => {
    const count = (): void => void (--left === 0 && resolve())
    if (kind < 0.8) trouble.onRequest = count
    else receiver.onMoment = count
  })
  await Promise.race([hit, sleep(roundLimitMs)])
  trouble.onRequest = () => {}
  receiver.onMoment = () => {}
  if (chance.next() < 0.5) await sleep(chance.between(0, 60))
}
