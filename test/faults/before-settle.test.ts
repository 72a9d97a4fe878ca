// SIGKILL between a delivery and the moment it is written down, over and over (rows 1 to 5 and 54): the destination has the events,
// the state does not know it. Every event arrives, what comes twice comes under the same id, and how often is within the bound.
// More, or another seed: AUDIT_RELAY_TEST_SETTLE_KILLS=5000 AUDIT_RELAY_TEST_SEED=7 vitest run --project slow before-settle
import { describe, expect, it } from 'vitest'
import { CRASH_VARIABLE } from '../../src/runtime/crash-points.ts'
import { Campaign } from './campaign/campaign.ts'
import type { RelayProcess } from './campaign/process.ts'
import { expectKept, summary } from './campaign/rounds.ts'

const kills = Number(process.env['AUDIT_RELAY_TEST_SETTLE_KILLS'] ?? 500)
const seed = Number(process.env['AUDIT_RELAY_TEST_SEED'] ?? 20_260_519)
/** As many campaigns at a time as the smallest machine has cores. */
const streams = 2
const reachWithinMs = 40_000

describe.concurrent(`${kills} kills between send and settle`, () => {
  for (let stream = 0; stream < streams; stream++) {
    it(`row 54: every event arrives, and duplicates are the same events (stream ${stream})`, async () => {
      await campaign(seed + stream, Math.ceil(kills / streams))
    })
  }
})

async function campaign(streamSeed: number, streamKills: number): Promise<void> {
  const running = await Campaign.start({ seed: streamSeed, eventsPerSecond: 400 })
  const began = performance.now()
  try {
    for (let kill = 0; kill < streamKills; kill++) {
      // Mostly the first settlement, when what the life before had sent is sent again; now and then a later one, for progress.
      const nth = running.chance.between(0, 3) === 0 ? running.chance.between(2, 8) : 1
      await dies(running.relay({ [CRASH_VARIABLE]: `before-settle:${nth}` }), kill)
    }
    const each = Math.round((performance.now() - began) / streamKills)
    const verdicts = await running.drain()
    console.log(`${summary('before-settle', streamSeed, verdicts, streamKills)}; ${each} ms a kill`)
    expectKept(verdicts, streamKills)
    // A kill before the first settlement of a life that has sent something repeats at least that.
    expect(verdicts.hook.duplicates, 'no kill fell between sending and settling').toBeGreaterThanOrEqual(
      streamKills / 4,
    )
    const check = await running.command('check')
    expect(check.code, `the books do not balance:\n${check.said}`).toBe(0)
  } finally {
    await running.close()
  }
}

async function dies(relay: RelayProcess, kill: number): Promise<void> {
  const timer = setTimeout(() => relay.kill('SIGTERM'), reachWithinMs)
  const end = await relay.ended
  clearTimeout(timer)
  expect(end, `kill ${kill}: no settlement within ${reachWithinMs} ms:\n${end.said}`).toMatchObject({
    signal: 'SIGKILL',
  })
}
