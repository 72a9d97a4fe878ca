// SIGTERM under load (row 61): each ends the relay with 0, in time, and a clean stop duplicates nothing.
import { describe, expect, it } from 'vitest'
import { Campaign } from './campaign/campaign.ts'
import { expectKept, stopAtRandom, summary } from './campaign/rounds.ts'

const stops = Number(process.env['AUDIT_RELAY_TEST_STOPS'] ?? 100)
const seed = Number(process.env['AUDIT_RELAY_TEST_SEED'] ?? 20_260_519)
const slowestStopMs = 10_000

describe(`${stops} SIGTERMs at random moments`, () => {
  it('end with 0 within 10 s, lose nothing and deliver nothing twice', async () => {
    const campaign = await Campaign.start({ seed, eventsPerSecond: 4_000 })
    try {
      const took = await stopAtRandom(campaign, stops)
      const verdicts = await campaign.drain()
      console.log(`${summary('stops', seed, verdicts, 0)}; the slowest stop took ${Math.round(Math.max(...took))} ms`)
      expectKept(verdicts, 0)
      expect(Math.max(...took)).toBeLessThan(slowestStopMs)
    } finally {
      await campaign.close()
    }
  })
})
