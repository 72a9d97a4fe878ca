// SIGKILL exactly at each named point, three times in a row: once under way, and twice in the recovery that follows.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { CRASH_POINTS, CRASH_VARIABLE, type CrashPoint } from '../../src/runtime/crash-points.ts'
import { Campaign, KEEP_MS } from './campaign/campaign.ts'
import type { End, RelayProcess } from './campaign/process.ts'
import { expectKept, summary } from './campaign/rounds.ts'

const seed = Number(process.env['AUDIT_RELAY_TEST_SEED'] ?? 20_260_518)
const crashesPerPoint = 3
const reachWithinMs = 40_000

describe.concurrent('a kill at a named point', () => {
  for (const [index, point] of CRASH_POINTS.entries()) {
    it(`${point}, three times in a row, loses, invents and alters nothing`, async () => {
      await campaign(seed + index * 10, point)
    })
  }
})

async function campaign(campaignSeed: number, point: CrashPoint): Promise<void> {
  const running = await Campaign.start({ seed: campaignSeed, eventsPerSecond: 2_000 })
  try {
    for (let crash = 0; crash < crashesPerPoint; crash++) {
      if (point.endsWith('-prune')) await leaveSomethingToPrune(running)
      if (point.endsWith('-own-events') && crash > 0) await leaveSomethingToTell(running)
      // The first crash comes a while after the start where the point is passed often; a recovery dies as early as it can.
      const nth = crash === 0 && isPassedOften(point) ? running.chance.between(1, 8) : 1
      const relay = running.relay({ [CRASH_VARIABLE]: `${point}:${nth}` })
      const end = await within(relay, reachWithinMs)
      expect(end, `${point}:${nth} was not reached (crash ${crash}):\n${end?.said}`).toMatchObject({
        signal: 'SIGKILL',
      })
    }
    const verdicts = await running.drain()
    console.log(summary(point, campaignSeed, verdicts, crashesPerPoint))
    expectKept(verdicts, crashesPerPoint)
    const check = await running.command('check')
    expect(check.code, `the books do not balance:\n${check.said}`).toBe(0)
  } finally {
    await running.close()
  }
}

/** Start-up passes the others once, and pruning comes twice a minute. */
function isPassedOften(point: CrashPoint): boolean {
  const seldom = ['before-marker', 'migration', 'before-prune', 'after-prune', 'before-own-events', 'after-own-events']
  return !seldom.includes(point)
}

/** At the first start there are the destinations that were created; later, what was done by command. */
async function leaveSomethingToTell(running: Campaign): Promise<void> {
  for (const verb of ['disable', 'enable'])
    expect((await running.command('destinations', verb, 'archive')).code).toBe(0)
}

/** Settled pages that are old enough to go when the next relay starts. */
async function leaveSomethingToPrune(running: Campaign): Promise<void> {
  const relay = running.relay()
  await Promise.race([running.untilMoment('answered', 100, reachWithinMs), relay.ended])
  await sleep(KEEP_MS + 500)
  relay.kill('SIGTERM')
  expect((await relay.ended).code).toBe(0)
}

/** How the relay ended; undefined when it still ran at the limit, and is killed then. */
async function within(relay: RelayProcess, limitMs: number): Promise<End | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs)
  })
  const end = await Promise.race([relay.ended, late])
  clearTimeout(timer)
  if (end === undefined) relay.kill('SIGKILL')
  await relay.ended
  return end
}
