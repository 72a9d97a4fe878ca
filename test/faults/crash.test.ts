// SIGKILL at random moments under load (rows 1 to 5 of the failure catalogue): the promise, held against the real process.
// More kills or another seed: AUDIT_RELAY_TEST_KILLS=10000 AUDIT_RELAY_TEST_SEED=7 vitest run --project slow crash.test
import { describe, expect, it } from 'vitest'
import { Campaign } from './campaign/campaign.ts'
import { expectKept, killAtRandom, summary } from './campaign/rounds.ts'

const kills = Number(process.env['AUDIT_RELAY_TEST_KILLS'] ?? 500)
const seed = Number(process.env['AUDIT_RELAY_TEST_SEED'] ?? 20_260_517)
/** As many campaigns at a time as the smallest machine has cores. */
const streams = 2

describe.concurrent(`${kills} kills at random moments`, () => {
  for (let stream = 0; stream < streams; stream++) {
    it(`lose, invent and alter nothing, and duplicate no more than is in flight (stream ${stream})`, async () => {
      await campaign(seed + stream, Math.ceil(kills / streams))
    })
  }
})

async function campaign(streamSeed: number, streamKills: number): Promise<void> {
  const running = await Campaign.start({ seed: streamSeed, eventsPerSecond: 4_000 })
  try {
    await killAtRandom(running, streamKills)
    const verdicts = await running.drain()
    console.log(summary('random kills', streamSeed, verdicts, streamKills))
    expectKept(verdicts, streamKills)
    const check = await running.command('check')
    expect(check.code, `the books do not balance:\n${check.said}`).toBe(0)
    if (streamKills >= 100)
      expect(verdicts.hook.duplicates, 'no kill fell between sending and settling').toBeGreaterThan(0)
  } finally {
    await running.close()
  }
}
