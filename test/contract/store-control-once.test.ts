// What is done by command and what is said of it are one: whoever asks again, after a kill or by mistake, does nothing, and the audit
// tells once what was dropped.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { armCrashPoint } from '../../src/runtime/crash-points.ts'
import type { ControlAsked } from '../../src/store/control.ts'
import type { Store } from '../../src/store/store.ts'
import { aside, commitOf, destination, live, many, settlement } from './store-events.ts'
import { BENCHES, type StoreBench } from './store-openers.ts'

const sources = ['app']

/** What is asked, and what is then said of the ten events: one waits for another attempt, two are dead, five more wait. */
const commands: readonly (readonly [ControlAsked, kind: string, text: string])[] = [
  [
    { kind: 'disable_destination', destination: 'siem', discard: true },
    'destination_disabled',
    'disabled; 6 events dropped, and what comes is dropped until it is enabled again',
  ],
  [
    { kind: 'disable_destination', destination: 'siem', discard: false },
    'destination_disabled',
    'disabled; 6 events and what comes wait until it is enabled again',
  ],
  [{ kind: 'enable_destination', destination: 'siem' }, 'destination_enabled', 'enabled; 6 events waiting'],
  [
    { kind: 'remove_destination', destination: 'siem' },
    'destination_deleted',
    'removed; dropped 6 waiting events and 2 dead letters',
  ],
  [
    { kind: 'disable_source', source: 'app' },
    'source_disabled',
    'disabled; it is not read until it is enabled again, and then from where it was',
  ],
  [{ kind: 'enable_source', source: 'app' }, 'source_enabled', 'enabled; it is read from where it was'],
]

describe.each(Object.entries(BENCHES))('a command on the %s store', (kind, makeBench) => {
  let bench: StoreBench
  let store: Store
  const now = (): number => bench.clock.now()
  beforeEach(async () => {
    bench = makeBench()
    store = await bench.open()
    await store.register([destination('siem'), destination('alerts')], now())
    await store.commitPage(commitOf(store, 'app', many('e', 10), { to: { siem: 'all', alerts: [0] } }), now())
    const dead = [3, 4].map((seq) => ({ ...aside(seq), cause: 'rejected', provisional: false }))
    const retrying = [{ ...aside(2), nextAt: now() + 1000 }]
    const settled = live([1, 5], [7, 8])
    await store.settle(settlement('siem', { settled, delivered: new Map([['app', 2]]), retrying, dead }), now())
  })
  afterEach(() => {
    armCrashPoint(undefined)
    return bench.dispose()
  })

  const prepare = async (asked: ControlAsked): Promise<number> => {
    if (asked.kind === 'remove_destination') await store.register([destination('alerts')], now())
    return store.ask(asked, 'alice', now())
  }
  const told = async (id: number) =>
    (await store.waitingNotices(now(), 1000)).filter(({ data }) => data['request'] === id)
  /** Everything that a command could change. */
  const seen = async () => [
    await store.overview(now()),
    await store.openRequests(),
    await store.waitingNotices(now(), 1000),
  ]

  it.each(commands)('%o: is done, ended and audited at once, and once', async (asked, noticed, text) => {
    const id = await prepare(asked)
    const done = await store.control(id, sources, now())
    expect(done).toMatchObject({ id, asked, by: 'alice', state: 'done', text, finishedAt: now() })
    expect(await store.openRequests()).toEqual([])
    expect(await told(id)).toMatchObject([{ kind: noticed, by: 'alice', outcome: 'success', data: { text } }])
    const before = await seen()
    expect(await store.control(id, sources, now() + 5)).toEqual(done)
    expect(await seen()).toEqual(before)
    store = await bench.open()
    expect(await store.control(id, sources, now() + 9)).toEqual(done)
    expect(await told(id)).toHaveLength(1)
  })

  it.each(commands)('%o: changes nothing when it had ended otherwise', async (asked) => {
    const id = await prepare(asked)
    await store.finishRequest(id, { ok: false, text: 'given up' }, now())
    const before = await seen()
    expect(await store.control(id, sources, now() + 5)).toMatchObject({ state: 'failed', text: 'given up' })
    expect(await seen()).toEqual(before)
  })

  it.each(commands)('%o: changes and says nothing when it cannot be done', async (asked) => {
    await prepare(asked)
    const unknown = 'destination' in asked ? { ...asked, destination: 'nobody' } : { ...asked, source: 'nobody' }
    const id = await store.ask(unknown, 'alice', now())
    const before = await seen()
    await expect(store.control(id, sources, now())).rejects.toThrow('"nobody"')
    expect(await seen()).toEqual(before)
    expect((await store.openRequests()).map((one) => one.id)).toContain(id)
  })

  it.runIf(kind === 'sqlite').each(commands)('%o: is one transaction', async (asked) => {
    const id = await prepare(asked)
    let more = false
    armCrashPoint('before-commit:2', () => void (more = true))
    await store.control(id, sources, now())
    expect(more).toBe(false)
  })
})
