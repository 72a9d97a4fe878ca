// The promise, under thousands of seeded histories: nothing lost, invented or altered; duplicates within the bound.
// One history again: SIM_SEED=123 npx vitest run --project slow test/sim/simulation.test.ts
import { expect, it } from 'vitest'
import { simulate } from './simulate.ts'

const only = process.env['SIM_SEED']
const seeds = Number(process.env['SIM_SEEDS'] ?? 2500)
const first = Number(process.env['SIM_FIRST'] ?? 1)

/** What must have happened somewhere in a whole campaign, or it proved little. */
const mustBeSeen = [
  'kill',
  'stop',
  'refused',
  'silent',
  'http_500',
  'http_503',
  'limited',
  'misconfigured',
  'too_small',
  'unauthorized',
  'lost answer',
  'refused with 400',
  'refused with 403',
  'refused with 413',
  'conflict',
  'pull_failed',
  'died',
  'exhumed',
  'set_aside',
  'health_changed',
  'own destination_created',
  'own event_failed',
  'own event_conflict',
]

it.runIf(only !== undefined)(`seed ${only}`, async () => {
  expect((await simulate(Number(only))).faults).toEqual([])
})

it.runIf(only === undefined)(`${seeds} histories from seed ${first}`, async () => {
  const seen = new Set<string>()
  let events = 0
  let kills = 0
  for (let seed = first; seed < first + seeds; seed++) {
    const report = await simulate(seed)
    expect(report.faults, `seed ${seed} (run it alone with SIM_SEED=${seed})`).toEqual([])
    for (const what of report.seen) seen.add(what)
    events += report.events
    kills += report.kills
  }
  console.log(`${seeds} histories, ${events} events, ${kills} kills: 0 lost, 0 invented, 0 altered`)
  expect([...mustBeSeen].filter((what) => !seen.has(what))).toEqual([])
})
