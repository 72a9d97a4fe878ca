// The promise under operators: thousands of seeded histories in which destinations are stopped, bounded, removed and renamed, and events are
// replayed and purged, with kills around all of it. Nothing is missing but for a cause that is known, counted and announced.
// One history again: SIM_SEED=123 npx vitest run --project slow test/sim/operated.test.ts
import { expect, it } from 'vitest'
import { simulateOperated } from './operated.ts'

const only = process.env['SIM_SEED']
const seeds = Number(process.env['SIM_SEEDS'] ?? 2500)
const first = Number(process.env['SIM_FIRST'] ?? 1)

/** What must have happened somewhere in a whole campaign, or it proved little. */
const mustBeSeen = [
  'kill',
  'stop',
  'disable_destination',
  'enable_destination',
  'remove_destination',
  'disable_source',
  'enable_source',
  'replay_dead_letters',
  'purge_dead_letters',
  'replay_events',
  'discarded',
  'removed',
  'too_old',
  'buffer_full',
  'dead',
  'purged',
  'expired',
  'late',
  'copied',
  'dead_letters_expiring',
  'dead_letters_purged',
]

it.runIf(only !== undefined)(`seed ${only}`, async () => {
  expect((await simulateOperated(Number(only))).faults).toEqual([])
})

it.runIf(only === undefined)(`${seeds} operated histories from seed ${first}`, async () => {
  const seen = new Set<string>()
  let [events, kills] = [0, 0]
  for (let seed = first; seed < first + seeds; seed++) {
    const report = await simulateOperated(seed)
    expect(report.faults, `seed ${seed} (run it alone with SIM_SEED=${seed})`).toEqual([])
    for (const what of report.seen) seen.add(what)
    events += report.events
    kills += report.kills
  }
  console.log(`${seeds} operated histories, ${events} events, ${kills} kills: nothing is missing without a cause`)
  expect(mustBeSeen.filter((what) => !seen.has(what))).toEqual([])
})
