// The poller on its own: how long it waits for what, and a page that the store finds too wide.
import { describe, expect, it } from 'vitest'
import { SourceError, WindowError } from '../../../src/model/errors.ts'
import { Identity } from '../../../src/model/identity.ts'
import { type EncodedPage, encodePage } from '../../../src/polling/page-encoder.ts'
import { Poller } from '../../../src/polling/poller.ts'
import { PageDraft } from '../../../src/sources/page-draft.ts'
import { openMemoryStore } from '../../../src/store/memory/open.ts'
import type { PageCommit, Store } from '../../../src/store/store.ts'
import { describe as wordsOf } from '../../../src/telemetry/describe.ts'
import type { TelemetryEvent } from '../../../src/telemetry/events.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const start = Date.UTC(2026, 4, 17, 8)
const minute = 60_000
const hour = 60 * minute

/** A poller over a source that does what `read` says, and a store whose commits `refuse` may refuse. */
function stage(
  read: () => Iterable<EncodedPage> | AsyncIterable<EncodedPage>,
  refuse: (commit: PageCommit) => void = () => {},
) {
  const clock = new TestClock(start, 1)
  const store = openMemoryStore()
  const windows: PageCommit['window'][] = []
  const commitPage: Store['commitPage'] = async (commit, now) => {
    windows.push(commit.window)
    refuse(commit)
    return store.commitPage(commit, now)
  }
  const events: TelemetryEvent[] = []
  const poller = new Poller({
    name: 'app',
    everyMs: minute,
    cron: '* * * * *',
    store: new Proxy(store, { get: (target, key) => (key === 'commitPage' ? commitPage : bound(target, key)) }),
    open: async () => ({
      async *read() {
        yield* read()
      },
      releasable: async () => [],
      release: async () => [],
      close: async () => {},
    }),
    clock,
    telemetry: { emit: (event) => void events.push(event) },
    committed: () => {},
  })
  return { clock, poller, events, windows, store }
}

function bound(target: object, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key)
  return typeof value === 'function' ? (value as () => unknown).bind(target) : value
}

function pageOf(store: Store, times: readonly number[], more: Partial<EncodedPage> = {}): EncodedPage {
  const draft = new PageDraft({ name: 'app', type: 'test' }, new Identity(store.identity.secret))
  for (const time of times) {
    const event = { event_id: `e${time}`, event_type: 't', occurred_at: new Date(time).toISOString() }
    const bytes = Buffer.from(JSON.stringify(event))
    draft.add(bytes, 0, bytes.length)
  }
  return { ...encodePage({ draft, cursors: [] }, []), ...more }
}

describe('a source with a cron', () => {
  it('that asks to be left alone for an hour is not asked at the next tick', async () => {
    let reads = 0
    const { clock, poller } = stage(() => {
      reads++
      throw new SourceError('limited', 'slow down', { afterMs: hour })
    })
    const drain = new AbortController()
    const running = poller.run(drain.signal)
    await clock.advance(hour - minute)
    expect(reads).toBe(1)
    await clock.advance(2 * minute)
    expect(reads).toBe(2)
    drain.abort()
    await running
  })

  it('is pulled at each tick, also when the clock is set', async () => {
    let reads = 0
    const { clock, poller } = stage(() => {
      reads++
      return []
    })
    const drain = new AbortController()
    const running = poller.run(drain.signal)
    await clock.advance(minute)
    clock.jump(-hour)
    await clock.advance(3 * minute)
    expect(reads).toBeGreaterThanOrEqual(4)
    drain.abort()
    await running
  })
})

describe('a page of a source that plans its own windows, and the store finds too wide', () => {
  const again = { from: new Date(start - 24 * hour).toISOString(), to: new Date(start).toISOString() }

  it('is compared with what its own events may meet instead', async () => {
    const pages: EncodedPage[] = []
    const { poller, windows, store } = stage(
      () => pages.splice(0),
      ({ window }) => {
        if (window?.from === again.from) throw new WindowError('too_wide', 'too many keys')
      },
    )
    pages.push(pageOf(store, [start - 2 * hour, start - hour], { window: again }))
    expect(await poller.step(new AbortController().signal)).toMatchObject({ ok: true, events: 2 })
    expect(windows).toHaveLength(2)
    const own = new Date(start - 2 * hour).toISOString()
    expect(windows[1]).toEqual({ from: own, to: own })
  })

  it('is a failure that says what to do when that is still too much', async () => {
    const pages: EncodedPage[] = []
    const { poller, events, store } = stage(
      () => pages.splice(0),
      () => {
        throw new WindowError('too_wide', 'too many keys')
      },
    )
    pages.push(pageOf(store, [start - hour], { window: again }))
    expect(await poller.step(new AbortController().signal)).toMatchObject({ ok: false })
    const failure = events.find(({ type }) => type === 'pull_failed')
    expect(failure).toMatchObject({ kind: 'denied', text: expect.stringContaining('smaller pages') as string })
    expect(failure).not.toMatchObject({ text: expect.stringContaining('one second') as string })
  })
})

describe('run --once and a source in failure', () => {
  it('is told each time of one that asked to be left alone, until when and why; the log says so in one line', async () => {
    const { poller, events, store } = stage(() => {
      throw new SourceError('limited', 'too many requests', { afterMs: 10 * minute })
    })
    await poller.step(new AbortController().signal)
    const { sources } = await store.overview(start)
    const last = sources.find(({ name }) => name === 'app')?.lastPull ?? null
    expect(last).toMatchObject({ ok: false, limited: true })
    expect(poller.isDue(last)).toBe(false)
    expect(poller.putOff(last)).toMatchObject({ ok: false, events: 0, nextInMs: 10 * minute })
    const told = events.find(({ type }) => type === 'pull_put_off') as TelemetryEvent
    expect(wordsOf(told).text).toBe(
      'is not read: asked to wait until 2026-05-17T08:10:00Z, last error: too many requests',
    )
    expect(poller.putOff(null)).toBeNull()
  })

  it('one that was refused is asked at once', async () => {
    const { poller, store } = stage(() => {
      throw new SourceError('denied', '403')
    })
    await poller.step(new AbortController().signal)
    const { sources } = await store.overview(start)
    expect(poller.isDue(sources.find(({ name }) => name === 'app')?.lastPull ?? null)).toBe(true)
  })
})

it('a bad record that is read again counts as seen before, not as quarantined again', async () => {
  const bad = { reason: 'not_json', detail: 'no JSON', place: 'line 1', bytes: new Uint8Array([1]) } as const
  const { poller, events } = stage(() => [
    pageOf(openMemoryStore(), [], {
      quarantined: [bad],
      window: { from: '2026-05-17T07:00:00Z', to: '2026-05-17T08:00:00Z' },
    }),
  ])
  for (let n = 0; n < 2; n++) await poller.step(new AbortController().signal)
  expect(events.filter(({ type }) => type === 'page_committed')).toMatchObject([
    { duplicates: 0, quarantined: 1 },
    { duplicates: 1, quarantined: 0 },
  ])
})

describe('a pull that lasts', () => {
  it('after a failure is no failure any more, and the log says so; should it break off, the next is due at once', async () => {
    const times = [start, start + 1, start + 2]
    let fails = true
    const seen: unknown[] = []
    const { clock, poller, store, events } = stage(async function* () {
      if (fails) throw new SourceError('transient', 'down')
      for (const time of times) {
        await clock.advance(3000)
        seen.push((await store.overview(clock.now())).sources[0]?.lastPull)
        yield pageOf(store, [time])
      }
    })
    await poller.step(new AbortController().signal)
    fails = false
    await poller.step(new AbortController().signal)
    const at = start + 6000
    expect(seen).toMatchObject([{ ok: false }, { ok: false }, { ok: true, error: null, at, nextAt: at }])
    const types = events.map(({ type }) => type).filter((type) => type.startsWith('pull'))
    expect(types).toEqual(['pull_failed', 'pull_lasts', 'pull_finished'])
  })
})
