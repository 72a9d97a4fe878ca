// Windows under seeded histories (rows 19 to 30 of the failure catalogue): events that come late, in ties, from sources that fail and say
// that windows are too wide, to relays that are killed and whose clocks are wrong.
// One history again: SIM_SEED=123 npx vitest run --project slow test/sim/windowed.test.ts
import { expect, it } from 'vitest'
import { simulateWindows } from './windowed.ts'

const only = process.env['SIM_SEED']
const seeds = Number(process.env['SIM_SEEDS'] ?? 200)
const first = Number(process.env['SIM_FIRST'] ?? 1)

it.runIf(only !== undefined)(`windows, seed ${only}`, async () => {
  expect((await simulateWindows(Number(only))).faults).toEqual([])
})

it.runIf(only === undefined)(`windows, ${seeds} histories from seed ${first}`, async () => {
  const seen = new Set<string>()
  let [events, kills] = [0, 0]
  for (let seed = first; seed < first + seeds; seed++) {
    const report = await simulateWindows(seed)
    expect(report.faults, `seed ${seed} (run it alone with SIM_SEED=${seed})`).toEqual([])
    for (const what of report.seen) seen.add(what)
    events += report.events
    kills += report.kills
  }
  console.log(`seeds ${first} to ${first + seeds - 1}: ${events} events, ${kills} kills: none lost, none twice`)
  expect(['late', 'too_wide', 'expired', 'transient', 'limited'].filter((what) => !seen.has(what))).toEqual([])
})
