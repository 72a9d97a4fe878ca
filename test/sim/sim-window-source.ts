// A source that is read in windows, with every habit that such sources have: events shown late and in ties, pages, windows that hold too
// much, progress that expires, reads that fail. Its own clock is the truth; answers tell it as a Date header would.
import { z } from 'zod'
import { SourceError, WindowError } from '../../src/model/errors.ts'
import type { SharedSource } from '../../src/polling/shared-source.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import type { SourceKind, Window, WindowDefaults, WindowPage, WindowRequest } from '../../src/sources/source.ts'
import type { Seeded } from './seeded.ts'

/** An event of a part: when it happened, and from when on it is shown. */
export interface WindowEvent {
  readonly n: number
  readonly part: string
  readonly at: number
  readonly shownAt: number
  /** The `"data":{…}` member, which must arrive byte for byte. */
  readonly data: string
  readonly text: string
}

export interface WindowFeed {
  readonly random: Seeded
  readonly settings: WindowDefaults
  readonly parts: readonly string[]
  readonly events: WindowEvent[]
  /** Probability that an answer is a failure, and that progress has expired. */
  failure: number
  readonly pageSize: number
  /** A window with more events behind where it is read from holds too much. */
  readonly most: number
  /** What happened at least once. */
  readonly seen: Set<string>
}

/** The feed as one life of the relay meets it. */
export interface WindowMeeting {
  readonly feed: WindowFeed
  /** The source's own. */
  readonly time: Pick<Clock, 'now'>
  readonly shared: SharedSource
}

export function newWindowEvent(n: number, part: string, { at, lateMs }: { at: number; lateMs: number }): WindowEvent {
  const data = `"data":{"n":${n},"big":9223372036854775807,"text":"é \\u2028","z":1.0}`
  const members = [`"event_id":"${part}/w-${n}"`, '"event_type":"user.signed_in"', `"occurred_at":"${iso(at)}"`, data]
  return { n, part, at, shownAt: at + lateMs, data, text: `{${members.join(',')}}` }
}

export function simWindowSource(meeting: WindowMeeting): SourceKind {
  const { settings, parts } = meeting.feed
  return {
    type: 'sim',
    options: z.unknown(),
    everyMs: 1000,
    windows: () => settings,
    open: (_, tools) => {
      // With a client of its own it counts as one that tells the time.
      void tools.http().close()
      return {
        parts: () => Promise.resolve(parts),
        readWindow: (request, signal) => readWindow(meeting, tools, { request, signal }),
        close: () => Promise.resolve(),
      }
    },
  }
}

async function* readWindow(
  { feed, time, shared }: WindowMeeting,
  tools: Parameters<SourceKind['open']>[1],
  { request, signal }: { request: WindowRequest; signal: AbortSignal },
): AsyncGenerator<WindowPage> {
  const { random, pageSize, most } = feed
  for (let after = request.progress; ;) {
    await tools.clock.sleep(random.between(1, 400), signal)
    const found = shown(feed, request, time.now()).filter((event) => after === null || keyOf(event) > after)
    shared.clock.observe({ date: new Date(time.now()).toUTCString() })
    if (random.chance(feed.failure)) throw failureOf(feed, after)
    if (found.length > most) throw told(feed, new WindowError('too_wide', 'it holds too much'))
    const some = found.slice(0, pageSize)
    const last = found.length <= pageSize
    const draft = tools.newPage()
    for (const { text } of some) {
      const bytes = Buffer.from(text)
      if (draft.add(bytes, 0, bytes.length)) throw new Error(`no event: ${text}`)
    }
    const end = some.at(-1)
    if (end) after = keyOf(end)
    yield { draft, ...(after !== null && { progress: after }), last }
    if (last) return
  }
}

function failureOf(feed: WindowFeed, after: string | null): Error {
  if (after !== null && feed.random.chance(0.3)) return told(feed, new WindowError('expired', 'the cursor is gone'))
  const kind = feed.random.pick(['transient', 'limited'] as const)
  return told(feed, new SourceError(kind, 'the source fails', kind === 'limited' ? { afterMs: 7000 } : {}))
}

function told<Failure extends WindowError | SourceError>({ seen }: WindowFeed, failure: Failure): Failure {
  seen.add(failure.kind)
  return failure
}

function shown({ events }: WindowFeed, { part, window }: { part: string; window: Window }, now: number): WindowEvent[] {
  const inside = ({ at }: WindowEvent): boolean => at >= window.from && at < window.to
  return events
    .filter((event) => event.part === part && inside(event) && event.shownAt <= now)
    .toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
}

function keyOf({ at, n }: WindowEvent): string {
  return `${String(at).padStart(16, '0')} ${String(n).padStart(9, '0')}`
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
