import { expect, it } from 'vitest'
import type { DestinationOverview, Health } from '../../../src/store/store.ts'
import type { TelemetryEvent } from '../../../src/telemetry/events.ts'
import { OutageWatch } from '../../../src/upkeep/outage-watch.ts'

const minute = 60_000
const hour = 60 * minute
const start = Date.UTC(2026, 4, 17, 8)
const reason = { code: 'http_403', text: 'answered 403' }

/** A watch that looks once a minute at whatever `destination` is, and what it said. */
function rig() {
  const said: TelemetryEvent[] = []
  const watch = new OutageWatch({ emit: (event) => void said.push(event) }, start)
  let ms = 0
  const pass = (destination: Partial<DestinationOverview>, forMs: number): number => {
    const before = said.length
    const overview = { destinations: [destination as DestinationOverview] }
    for (const end = ms + forMs; ms < end; ms += minute) watch.look(overview, { now: start + ms, monotonic: ms })
    return said.length - before
  }
  return { said, pass, watch }
}

function destination(state: Health['state'], sinceMs: number): Partial<DestinationOverview> {
  const health = { state, since: start + sinceMs, nextTrialAt: start + sinceMs + 30_000, reason } as Health
  return { name: 'siem', state: 'enabled', health, waiting: 40, retrying: 2 }
}

it('reminds of an outage once an hour, with how long it lasts and how much waits', () => {
  const { said, pass } = rig()
  expect(pass(destination('closed', 0), 10 * minute)).toBe(0)
  expect(pass(destination('halted', 10 * minute), hour)).toBe(0)
  expect(pass(destination('halted', 10 * minute), 5 * hour)).toBe(5)
  expect(said[0]).toEqual({
    type: 'outage_lasts',
    destination: 'siem',
    state: 'halted',
    reason,
    lastsMs: hour,
    waiting: 42,
  })
})

it('speaks at once of one that an earlier run left behind, whose beginning stands in no line of this one', () => {
  const { said, pass } = rig()
  expect(pass(destination('open', -2 * hour), hour)).toBe(1)
  expect(said[0]).toMatchObject({ state: 'open', lastsMs: 2 * hour })
  expect(pass(destination('open', -2 * hour), 2 * hour)).toBe(2)
})

it('begins anew with the next outage, and is silent about what is disabled or gone', () => {
  const { pass, watch } = rig()
  expect(pass(destination('open', 0), 50 * minute)).toBe(0)
  pass(destination('closed', 50 * minute), minute)
  expect(pass(destination('open', 51 * minute), 50 * minute)).toBe(0)
  expect(pass({ ...destination('open', 51 * minute), state: 'disabled' }, 3 * hour)).toBe(0)
  expect(pass({ name: 'new', state: 'enabled', health: null }, hour)).toBe(0)
  watch.look({ destinations: [] }, { now: start, monotonic: 0 })
})
