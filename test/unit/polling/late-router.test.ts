// Late routing over the memory store: by the filter, page after page, to the end, through full states and stops.
import { beforeEach, describe, expect, it } from 'vitest'
import { filterIn } from '../../../src/config/definition.ts'
import { StateFullError } from '../../../src/model/errors.ts'
import { compileFilter } from '../../../src/filters/compile.ts'
import type { FilterSpec } from '../../../src/filters/schema.ts'
import { Tag } from '../../../src/model/event.ts'
import { Identity } from '../../../src/model/identity.ts'
import { bitSet, eventBytes } from '../../../src/model/page.ts'
import { LateRouter } from '../../../src/polling/late-router.ts'
import { encodeOwnPage } from '../../../src/polling/own-page.ts'
import { PageDraft } from '../../../src/sources/page-draft.ts'
import { openMemoryStore } from '../../../src/store/memory/open.ts'
import type { RoutedPage, Store } from '../../../src/store/store.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const forever = new AbortController().signal
let clock: TestClock
let store: Store
let wakes: number
let compiled: number
beforeEach(async () => {
  clock = new TestClock()
  store = openMemoryStore()
  wakes = 0
  compiled = 0
  await store.register([definition('a')], clock.now())
})

function definition(name: string) {
  return { name, type: 'webhook', definition: '{}', sources: null, enabled: true, start: 'beginning' } as const
}

/** Commits a page of events with these ids and types, as `id:type`. */
async function commit(events: readonly string[], tags: Readonly<Record<number, number>> = {}): Promise<void> {
  const draft = new PageDraft({ name: 'app', type: 'outbox' }, new Identity(store.identity.secret))
  for (const event of events) {
    const [id, type] = event.split(':')
    const bytes = Buffer.from(`{"event_id":"${id}","event_type":"${type}","occurred_at":"2026-05-17T08:00:00Z"}`)
    draft.add(bytes, 0, bytes.length)
  }
  for (const [index, tag] of Object.entries(tags)) draft.tag(Number(index), tag)
  const nothing = { quarantined: [], routing: [], cursors: [], bypassed: 0, missing: 0 }
  await store.commitPage({ source: 'app', lane: 'live', queue: 'live', page: draft.page(), ...nothing }, clock.now())
}

function router(filter: FilterSpec, over: Store = store): LateRouter {
  const compile = () => (compiled++, compileFilter(filter))
  return new LateRouter({ destination: 'b', filter: compile, store: over, clock, routed: () => wakes++ })
}

async function waitingIds(): Promise<string[]> {
  const found: string[] = []
  for (let from = 1; ;) {
    const next = await store.nextPage('b', 'catch_up', from)
    if ('end' in next) return found
    found.push(...idsIn(next))
    from = next.firstSeq + next.page.count
  }
}

function idsIn({ page, bitmap }: RoutedPage): string[] {
  const all = Array.from({ length: page.count }, (_, index) => Buffer.from(eventBytes(page, index)).toString())
  const texts = all.filter((_, index) => bitSet(bitmap, index))
  return texts.map((text) => (JSON.parse(text) as { event_id: string }).event_id)
}

async function routed(running: Promise<unknown>): Promise<void> {
  let ended = false
  void running.finally(() => (ended = true))
  for (let turn = 0; turn < 100 && !ended; turn++) await clock.advance(100)
  await running
}

it('what came before it began is judged by what it was then, what it missed by what it was when it came back', async () => {
  const taking = (glob: string) => ({ ...definition('b'), definition: `{"filter":{"types":["${glob}"]}}` })
  await commit(['1:auth.login', '2:user.added'])
  await store.register([definition('a'), taking('auth.*')], clock.now())
  await commit(['5:other'])
  await store.register([definition('a')], clock.now())
  await commit(['3:auth.login', '4:user.added'])
  await store.register([definition('a'), taking('user.*')], clock.now())
  const asked: string[] = []
  const filter = (text: string) => (asked.push(text), compileFilter(filterIn(text)))
  await routed(new LateRouter({ destination: 'b', filter, store, clock, routed: () => wakes++ }).run(forever))
  expect(await waitingIds()).toEqual(['1', '4'])
  expect(asked).toHaveLength(2)
})

describe('a late router', () => {
  it('routes every kept page by the filter and ends by itself', async () => {
    await commit(['1:keep', '2:drop'])
    await commit(['3:drop'])
    await commit(['4:keep', '5:keep'])
    await store.register([definition('a'), definition('b')], clock.now())
    await routed(router({ types: ['keep'] }).run(forever))
    expect(await waitingIds()).toEqual(['1', '4', '5'])
    const [, b] = (await store.overview(clock.now())).destinations
    expect(b).toMatchObject({ offered: 5, filtered: 2, routed: 3, waiting: 3 })
    expect(wakes).toBe(4)
    expect(compiled).toBe(1)
  })

  it("never routes one of the relay's own events to the destination that it is about, under this name or the one before", async () => {
    const events = [['a'], ['b'], ['old'], ['a', 'b'], []].map((destinations, index) => ({
      event_id: `relay-${index}`,
      event_type: 'keep',
      occurred_at: '2026-05-17T08:00:00Z',
      data: { destinations },
    }))
    const nothing = { quarantined: [], cursors: [], bypassed: 0, missing: 0 }
    const { page } = encodeOwnPage(events, [], new Identity(store.identity.secret))
    const own = { source: 'relay', lane: 'live', queue: 'live', page, routing: [], ...nothing } as const
    await store.commitPage(own, clock.now())
    await store.register([definition('a'), definition('b')], clock.now())
    const filter = () => compileFilter({ types: ['keep'] })
    const late = new LateRouter({ destination: 'b', was: 'old', filter, store, clock, routed: () => wakes++ })
    await routed(late.run(forever))
    expect(await waitingIds()).toEqual(['relay-0', 'relay-4'])
    const [, b] = (await store.overview(clock.now())).destinations
    expect(b).toMatchObject({ offered: 5, filtered: 3, routed: 2, waiting: 2 })
  })

  it('compiles nothing when there is nothing to route', async () => {
    await store.register([definition('a'), definition('b')], clock.now())
    await routed(router({}).run(forever))
    expect(compiled).toBe(0)
  })

  it('lets expressions see the event as it was committed, its source too', async () => {
    await commit(['1:keep', '2:keep'])
    await store.register([definition('a'), definition('b')], clock.now())
    await routed(router({ when: 'source.type == "outbox" && event_id == "2"' }).run(forever))
    expect(await waitingIds()).toEqual(['2'])
  })

  it('lets an event pass that was tagged when it came', async () => {
    await commit(['1:drop', '2:drop'], { 1: Tag.filterFailed })
    await store.register([definition('a'), definition('b')], clock.now())
    await routed(router({ types: ['keep'] }).run(forever))
    expect(await waitingIds()).toEqual(['2'])
  })

  it('keeps the places of events right behind one that it cannot look at, and lets that one pass', async () => {
    const long = 'x'.repeat(1020)
    await commit([`${long}:first`])
    await commit([`1:drop`, `${long}:second`, '2:keep', '3:drop'])
    await store.register([definition('a'), definition('b')], clock.now())
    await routed(router({ types: ['keep'] }).run(forever))
    const [renamed, ...rest] = await waitingIds()
    expect(renamed).toMatch(/^x{1020}~/)
    expect(rest).toEqual(['2'])
  })

  it('gives everything else its turn between two pages, and stops there when asked', async () => {
    for (const id of ['1', '2', '3']) await commit([`${id}:keep`])
    await store.register([definition('a'), definition('b')], clock.now())
    const stop = new AbortController()
    const running = router({}).route(stop.signal)
    await clock.settle()
    expect(await waitingIds()).toEqual(['1'])
    stop.abort()
    expect(await running).toBe(false)
    await routed(router({}).run(forever))
    expect(await waitingIds()).toEqual(['1', '2', '3'])
  })

  it('waits while the state is full and goes on by itself; one pass does not wait', async () => {
    await commit(['1:keep'])
    await store.register([definition('a'), definition('b')], clock.now())
    let full = 3
    const over = Object.create(store, {
      identity: { value: store.identity },
      nextLate: { value: () => store.nextLate('b') },
      routeLate: {
        value: async (...given: Parameters<Store['routeLate']>) => {
          if (full-- > 0) throw new StateFullError('no room')
          return store.routeLate(...given)
        },
      },
    }) as Store
    expect(await router({}, over).route(forever)).toBe(false)
    await routed(router({}, over).run(forever))
    expect(await waitingIds()).toEqual(['1'])
  })
})
