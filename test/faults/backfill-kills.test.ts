// SIGKILL, again and again, while a long period is read anew beside live reading: every event of it arrives once, and what is new arrives
// in seconds, not behind it.
// Another seed: AUDIT_RELAY_TEST_SEED=7 vitest run --project slow backfill-kills
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { DUPLICATES_PER_KILL, PullCampaign } from './campaign-pull/pull-campaign.ts'

const seed = Number(process.env['AUDIT_RELAY_TEST_SEED'] ?? 20_260_520)
const kills = 10
const events = 20_000
/** So slowly that the kills come before its end. */
const rate = '800/s'
const hourMs = 3_600_000
const freshWithinMs = 15_000
const longestLifeMs = 800

it(`a backfill of ${events} events, killed ${kills} times, beside live reading`, async () => {
  const running = await PullCampaign.start({ seed })
  try {
    running.trouble.on = false
    const now = running.time.now()
    const [from, to] = [now - 5 * hourMs, now - 5 * hourMs + 1_200_000]
    running.writeBack(events, from, to)
    const period = ['--from', new Date(from).toISOString(), '--to', new Date(to).toISOString()]
    // Known to the state, so that a backfill can be asked for while no relay runs.
    await running.run(() => running.fresh())
    const asked = await running.command('backfill', 'list', ...period, '--rate', rate, '--no-wait')
    expect(asked.code, asked.said).toBe(0)
    const took: number[] = []
    for (let kill = 0; kill < kills; kill++) {
      const relay = running.relay()
      await relay.started
      took.push(await running.fresh())
      await sleep(running.chance.between(0, longestLifeMs))
      relay.kill('SIGKILL')
      const end = await relay.ended
      expect(end.signal, `before kill ${kill} the relay ended by itself (${end.code}):\n${end.said}`).toBe('SIGKILL')
      if (kill === kills - 1) expect(running.backfilled(from, to), 'nothing was left for the last').toBeLessThan(events)
      running.leap(running.chance.between(0, 5_000), running.chance.between(0, 20))
    }
    const longest = Math.max(...took)
    expect(longest, 'ms until a fresh event arrived').toBeLessThan(freshWithinMs)
    const { archive, hook, doubled } = await running.drain()
    console.log(
      `backfill, seed ${seed}: ${archive.wanted} events, ${kills} kills, fresh events after ${Math.round(longest)} ms at most, ` +
        `${hook.duplicates} duplicates at the webhook, ${archive.duplicates} in the archive`,
    )
    for (const { lost, invented, altered, examples } of [archive, hook])
      expect({ lost, invented, altered }, examples.join('\n')).toEqual({ lost: 0, invented: 0, altered: 0 })
    expect(archive.duplicates).toBe(0)
    expect(doubled, 'events that arrived again without a kill').toBe(0)
    expect(hook.duplicates).toBeLessThanOrEqual(kills * DUPLICATES_PER_KILL)
    const check = await running.command('check')
    expect(check.code, `the books do not balance:\n${check.said}`).toBe(0)
  } finally {
    await running.close()
  }
})
