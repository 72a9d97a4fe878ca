// `replay`: what it asks for, what it refuses, and its machine form.
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replayCommand, type ReplayEventsFlags } from '../../../src/cli/commands/replay.ts'
import type { Ask } from '../../../src/cli/dlq/asking.ts'
import { UsageError } from '../../../src/cli/options.ts'
import { ControlError } from '../../../src/model/errors.ts'
import type { Asked, StoredRequest } from '../../../src/store/requests.ts'
import { openSqliteStore } from '../../../src/store/sqlite/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { commitOf, destination, live, settlement } from '../../contract/store-events.ts'
import { TestClock } from '../../fakes/test-clock.ts'
import { fakeWorld, NOW } from './fake-world.ts'
import { disable } from '../../contract/store-operator.ts'

const hour = 3_600_000
let folder: string
let state: string
let clock: TestClock
beforeEach(async () => {
  folder = fs.mkdtempSync(join(os.tmpdir(), 'audit-relay-replay-'))
  state = join(folder, 'state.db')
  clock = new TestClock()
  await written(async (store) => {
    await store.register([destination('siem'), destination('archive')], clock.now())
    const events = [0, 1, 2].map((n) => ({ id: `e${n}`, at: new Date(NOW - n * hour).toISOString() }))
    await store.commitPage(commitOf(store, 'app', events, { to: { siem: 'all' } }), clock.now())
    await store.settle(settlement('siem', { settled: live([1, 4]), delivered: new Map([['app', 3]]) }), clock.now())
  })
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

async function written(work: (store: Store) => Promise<void>): Promise<void> {
  const bounds = { maxBytes: 1e12, keepMs: 1000 }
  const store = await openSqliteStore({ path: state, bounds, reserveBytes: 0, newState: false, clock })
  await work(store)
  await store.close(clock.now())
}

const counts = { chosen: 2, taken: 2, skipped: 0, delivered: 2, dead: 0, dropped: 0 }
function rig(more: Partial<StoredRequest> = {}) {
  const asked: Asked[] = []
  const world = fakeWorld()
  const ask: Ask = async (what) => {
    asked.push(what)
    const done = {
      id: 7,
      at: NOW,
      by: 'anna',
      asked: what,
      state: 'done',
      counts,
      text: 'done',
      finishedAt: NOW,
    } as const
    return { ...done, ...more }
  }
  const run = (flags: Partial<ReplayEventsFlags> = {}) =>
    replayCommand({ destination: 'siem', from: '2h', state, ...flags }, world, ask)
  return { asked, world, run }
}

describe('the period', () => {
  it.each([
    [{ from: '90m' }, NOW - 1.5 * hour, NOW],
    [{ from: '2026-05-17' }, Date.UTC(2026, 4, 17), NOW],
    [{ from: '2026-05-17T06:00:00Z', to: '2026-05-17T09:30:00+02:00' }, NOW - 2 * hour, NOW - hour / 2],
    [{ from: '2h', to: '1h' }, NOW - 2 * hour, NOW - hour],
    [{ from: '2h', to: '2030-01-01' }, NOW - 2 * hour, NOW],
  ])('%j', async (flags, from, to) => {
    const { asked, run } = rig()
    expect(await run({ ...flags, rate: '600/m' })).toBe(0)
    expect(asked).toEqual([{ kind: 'replay_events', destination: 'siem', from, to, perSecond: 10 }])
  })

  it.each([
    [{ from: 'yesterday' }, '--from yesterday: write a duration'],
    [{ from: '2026-02-30' }, '--from 2026-02-30: write a duration'],
    [{ from: '104000000d' }, '--from 104000000d: that is before the year 0'],
    [{ from: '800000d' }, '--from 800000d: that is before the year 0'],
    [{ from: '1h', to: 'noon' }, '--to noon: write a duration'],
    [{ from: '1h', to: '2h' }, '--from 1h is not before --to 2h'],
    [{ from: '2027-01-01' }, '--from 2027-01-01 is not before now'],
    [{ from: '1h', rate: 'fast' }, '--rate fast'],
  ])('refuses %j', async (flags, text) => {
    const { asked, run } = rig()
    await expect(run(flags)).rejects.toThrow(text)
    expect(asked).toEqual([])
  })
})

it('says how many it would be, and sends nothing', async () => {
  const { asked, world, run } = rig()
  expect(await run({ dryRun: true })).toBe(0)
  expect(world.stdout.text()).toContain(
    '2 events to send again to siem: what occurred from 2026-05-17T06:00:00Z to 2026-05-17T08:00:00Z',
  )
  expect(world.stdout.text()).toContain('nothing was sent; without --dry-run they go')
  expect(asked).toEqual([])
})

it('promises no more than it can: what waits or is dead may be among them', async () => {
  await written(async (store) => {
    const events = [{ id: 'late', at: new Date(NOW - hour / 2).toISOString() }]
    await store.commitPage(commitOf(store, 'app', events, { to: { siem: 'all' } }), clock.now())
  })
  const { world, run } = rig()
  expect(await run({ dryRun: true })).toBe(0)
  expect(world.stdout.text()).toContain('Up to 3 events to send again to siem')
  expect(world.stdout.text()).toContain(
    'Those of its 1 waiting that occurred in that time are left out: what waits comes anyway.',
  )
})

it('in JSON: the plan, and the result', async () => {
  const plan = rig()
  await plan.run({ dryRun: true, json: true })
  expect(JSON.parse(plan.world.stdout.text())).toEqual({
    dry_run: true,
    destination: 'siem',
    from: '2026-05-17T06:00:00.000Z',
    to: '2026-05-17T08:00:00.000Z',
    events: 2,
    pages: 1,
    kept_since: null,
    relay_running: false,
    warnings: [],
  })
  const sent = rig()
  expect(await sent.run({ json: true })).toBe(0)
  expect(JSON.parse(sent.world.stdout.text())).toMatchObject({
    id: 7,
    by: 'anna',
    state: 'done',
    counts: { ...counts, waiting: 0 },
    finished_at: '2026-05-17T08:00:00.000Z',
  })
  expect(sent.world.stderr.text()).toBe('')
})

it('asks for nothing where nothing was had in that time', async () => {
  const { asked, world, run } = rig()
  expect(await run({ from: '2026-05-01', to: '2026-05-02' })).toBe(0)
  expect(world.stdout.text()).toContain('No event to send again to siem')
  expect(await run({ destination: 'archive' })).toBe(0)
  expect(asked).toEqual([])
})

it('says that a part of the time is not kept any more, but only where it is so', async () => {
  await written(async (store) => {
    await clock.advance(5000)
    await store.prune(clock.now())
    const events = [{ id: 'late', at: new Date(NOW - hour / 2).toISOString() }]
    await store.commitPage(commitOf(store, 'app', events, { to: { siem: 'all' } }), clock.now())
    await store.settle(settlement('siem', { settled: live([4, 5]), delivered: new Map([['app', 1]]) }), clock.now())
  })
  const short = rig()
  await short.run({ from: '90m', dryRun: true })
  expect(short.world.stdout.text()).toContain('1 event to send again')
  expect(short.world.stdout.text()).toContain('Only what occurred since 2026-05-17T07:30:00Z is kept in full')
  const whole = rig()
  await whole.run({ from: '30m', dryRun: true })
  expect(whole.world.stdout.text()).not.toContain('kept in full')
})

it('refuses a destination that is unknown or gone from the file, and warns of one that is disabled', async () => {
  const { asked, run, world } = rig()
  await expect(run({ destination: 'seim' })).rejects.toThrow(
    '--destination seim: there is no destination of that name; did you mean "siem"?',
  )
  await expect(run({ destination: 'nobody-at-all' })).rejects.toThrow(
    new UsageError('--destination nobody-at-all: there is no destination of that name; there are siem, archive'),
  )
  await written(async (store) => void (await disable(store, 'siem', clock.now())))
  expect(await run({ dryRun: true })).toBe(0)
  expect(world.stdout.text()).toContain('siem is disabled: its events wait until it is enabled.')
  await written((store) => store.register([destination('archive')], clock.now()).then(() => {}))
  await expect(run()).rejects.toThrow(ControlError)
  expect(asked).toEqual([])
})

it('exits 1 when some died, and says where to look', async () => {
  const { world, run } = rig({ counts: { ...counts, delivered: 1, dead: 1 } })
  expect(await run()).toBe(1)
  expect(world.stdout.text()).toContain('2 sent again: 1 delivered, 1 dead, 0 waiting')
  expect(world.stdout.text()).toContain('audit-relay dlq stats')
})
