// An http source in front of a scripted receiver: opened by its YAML words, read like polling does it.
import { onTestFinished } from 'vitest'
import type { SourceError, WindowError } from '../../../../src/model/errors.ts'
import type { PageDraft } from '../../../../src/sources/page-draft.ts'
import { http } from '../../../../src/sources/http/index.ts'
import type { Source, SourcePage, Window, WindowSource } from '../../../../src/sources/source.ts'
import { type Answer, type Received, type Receiver, startReceiver } from '../../../fakes/http-receiver.ts'
import { sourceTools, type TestTools } from '../../../fakes/source-tools.ts'
import { TestClock } from '../../../fakes/test-clock.ts'

export const hour: Window = { from: Date.UTC(2026, 4, 17, 7), to: Date.UTC(2026, 4, 17, 8) }
export const never = new AbortController().signal

export const windowed = {
  request: { path: '/logs', query: { from: '{{from}}', to: '{{to}}' } },
  records: { at: 'body.events' },
  event: { event_id: 'id', event_type: 'type', occurred_at: 'at' },
} as const

/** A record that `windowed` understands. */
function record(id: number | string): object {
  return { id: String(id), type: 'a.b', at: '2026-05-17T07:30:00Z' }
}

export function page(ids: readonly (number | string)[], more: object = {}): string {
  return JSON.stringify({ events: ids.map(record), ...more })
}

export interface Opened {
  readonly receiver: Receiver
  readonly clock: TestClock
  readonly tools: TestTools
  readonly source: Source | WindowSource
  /** Paths with queries, in the order in which they were asked. */
  readonly paths: () => string[]
}

export async function open(
  given: object,
  script: Answer | ((request: Received, index: number) => Answer),
  timeoutMs = 10_000,
): Promise<Opened> {
  const receiver = await startReceiver()
  receiver.answer(script)
  const clock = new TestClock()
  const tools = sourceTools(clock, { name: 'api', type: 'http' })
  const slow = { ...tools, http: (asked = {}) => tools.http({ timeoutMs, ...asked }) }
  const source = http.open(http.options.parse({ url: receiver.url, ...given }), slow)
  onTestFinished(async () => {
    await source.close()
    await receiver.close()
  })
  return { receiver, clock, tools, source, paths: () => receiver.requests.map(({ path }) => decodeURIComponent(path)) }
}

function idsOf(draft: PageDraft): string[] {
  return Array.from(
    { length: draft.count },
    (_, index) => (JSON.parse(draft.json(index)) as { event_id: string }).event_id,
  )
}

export interface Drained {
  readonly ids: string[]
  /** Of each page that was committed. */
  readonly progress: (string | undefined)[]
  readonly last: boolean
  readonly error: SourceError | WindowError | undefined
}

/** Reads a window to its end, or to the first failure. */
export async function readWindow(
  source: Source | WindowSource,
  { part = '', window = hour, progress = null as string | null, pages = Infinity } = {},
): Promise<Drained> {
  const drained = { ids: [] as string[], progress: [] as (string | undefined)[], last: false }
  try {
    for await (const read of (source as WindowSource).readWindow({ part, window, progress }, never)) {
      drained.ids.push(...idsOf(read.draft))
      drained.progress.push(read.progress)
      drained.last = read.last === true
      if (drained.progress.length >= pages) break
    }
    return { ...drained, error: undefined }
  } catch (error) {
    return { ...drained, error: error as SourceError | WindowError }
  }
}

export interface Pulled {
  readonly ids: string[]
  readonly pages: SourcePage[]
  /** As the store has them after the pull. */
  readonly cursors: Map<string, string>
  readonly error: Error | undefined
}

/** One pull of a feed. */
export async function pull(
  source: Source | WindowSource,
  cursors: ReadonlyMap<string, string> = new Map(),
): Promise<Pulled> {
  const pulled = { ids: [] as string[], pages: [] as SourcePage[], cursors: new Map(cursors) }
  const saved = [...cursors].map(([part, value]) => ({ part, value }))
  try {
    for await (const read of (source as Source).read({ cursors: saved }, never)) {
      pulled.ids.push(...idsOf(read.draft))
      pulled.pages.push(read)
      for (const { part, value } of read.cursors) if (value !== null) pulled.cursors.set(part, value)
    }
    return { ...pulled, error: undefined }
  } catch (error) {
    return { ...pulled, error: error as Error }
  }
}
