// A source that is read in windows and shows events late, in ties, in pages, with a cap on pages, and fails when it is told to. The truth
// is what it holds; how it reads is what a careful source does: pages by a key, so that what comes up meanwhile shifts nothing.
import { z } from 'zod'
import { SourceError, WindowError } from '../../src/model/errors.ts'
import type {
  SourceKind,
  SourceTools,
  Window,
  WindowDefaults,
  WindowPage,
  WindowSource,
} from '../../src/sources/source.ts'

interface LateEvent {
  readonly id: string
  /** When it happened, and from when on the source shows it: its own time, ms. */
  readonly at: number
  readonly shownAt: number
}

export interface LateWorld {
  readonly events: LateEvent[]
  readonly settings: WindowDefaults
  /** The source's own time. */
  now(): number
  pageSize: number
  /** A window with more pages is too wide. */
  maxPages: number
  /** Called before each page; throws what the source throws. */
  trouble: (page: number) => void
  /** Whether pages say that they are the last, and where they end. */
  says: { readonly last: boolean; readonly progress: boolean }
  parts?: readonly string[]
  /** Called before the parts are listed; throws what the source throws. */
  listing?: () => void
  /** Older events are gone without a word. */
  retentionMs: number
  readonly requests: (Window & { readonly part: string; readonly progress: string | null; readonly at: number })[]
  /** Told with each answer, as a Date header would. */
  heard: () => void
}

export function lateWorld(settings: WindowDefaults, now: () => number): LateWorld {
  return {
    events: [],
    settings,
    now,
    pageSize: 3,
    maxPages: Infinity,
    trouble: () => {},
    says: { last: true, progress: true },
    retentionMs: Infinity,
    requests: [],
    heard: () => {},
  }
}

export function lateKind(world: LateWorld): SourceKind {
  return {
    type: 'late',
    options: z.unknown(),
    everyMs: 30_000,
    windows: () => world.settings,
    open: (_, tools) => openLateSource(world, tools),
  }
}

function openLateSource(world: LateWorld, tools: SourceTools): WindowSource {
  return {
    ...(world.parts && {
      parts: async () => {
        await Promise.resolve()
        world.listing?.()
        return world.parts ?? []
      },
    }),
    async *readWindow({ part, window, progress }): AsyncGenerator<WindowPage> {
      await Promise.resolve()
      let after = progress
      for (let page = 0; ; page++) {
        world.requests.push({ ...window, part, progress: after, at: world.now() })
        world.heard()
        world.trouble(page)
        const found = shown(world, window, after)
        if (found.length > world.pageSize * world.maxPages) throw new WindowError('too_wide', 'too many pages')
        const some = found.slice(0, world.pageSize)
        const last = found.length <= world.pageSize
        after = some.length > 0 ? keyOf(some.at(-1) as LateEvent) : after
        const draft = tools.newPage()
        for (const event of some) {
          const bytes = Buffer.from(textOf(event, part))
          if (draft.add(bytes, 0, bytes.length)) throw new SourceError('transient', 'no event')
        }
        yield {
          draft,
          ...(world.says.progress && after !== null && { progress: after }),
          ...(world.says.last && { last }),
        }
        if (last) return
      }
    },
    close: () => Promise.resolve(),
  }
}

function shown(world: LateWorld, { from, to }: Window, after: string | null): LateEvent[] {
  const now = world.now()
  const kept = now - world.retentionMs
  return world.events
    .filter(({ at, shownAt }) => at >= from && at < to && at >= kept && shownAt <= now)
    .filter((event) => after === null || keyOf(event) > after)
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

function keyOf({ at, id }: LateEvent): string {
  return `${String(at).padStart(16, '0')} ${id}`
}

function textOf({ id, at }: LateEvent, part: string): string {
  const eventId = part === '' ? id : `${part}/${id}`
  return JSON.stringify({ event_id: eventId, event_type: 't', occurred_at: new Date(at).toISOString() })
}
