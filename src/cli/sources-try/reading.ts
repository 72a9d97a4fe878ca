// How a source is asked for its first pages: a window of one part, or the beginning of a source that goes on from a cursor of its own.
import { isWindowed, type Source, type WindowDefaults, type WindowSource } from '../../sources/source.ts'
import { UsageError } from '../options.ts'
import type { Sightings } from './sighting.ts'
import { type Asked, type Stretch, stretchOf } from './stretch.ts'

/** What the command line asks for. */
export interface TryRequest extends Asked {
  readonly part: string | undefined
  readonly pages: number
  readonly mostShown: number
}

export interface Read {
  readonly part: string
  /** All parts, where they were asked for. */
  readonly parts: readonly string[]
  readonly pagesRead: number
  /** Where reading would go on; null when nothing is left, or when nobody says. */
  readonly next: string | null
  /** Nothing is left of the window, or nothing more is to be had now. */
  readonly finished: boolean
  /** Why it failed; undefined when it did not. */
  readonly error: unknown
}

export const NOTHING_READ = { part: '', parts: [], pagesRead: 0, next: null, finished: false } as const

type Plan =
  | { readonly mode: 'window'; readonly source: Pick<WindowSource, 'parts' | 'readWindow'>; readonly stretch: Stretch }
  | {
      readonly mode: 'start'
      readonly source: Source
      readonly stretch: Stretch | null
      readonly startMs: number | undefined
    }

/** What the file says of time, over what is usual for the kind; `settings` is null for a source that is never read in windows. */
export interface Times {
  readonly settings: WindowDefaults | null
  readonly startMs: number | undefined
  /** Our clock, ms. */
  readonly now: number
}

/** A source with a cursor of its own is read in a window where the command line asks for what only a window has. */
export function planOf(source: Source | WindowSource, times: Times, request: TryRequest): Plan {
  const { settings, now } = times
  const { from, to, part } = request
  const readWindow = source.readWindow?.bind(source)
  if (settings && readWindow && (isWindowed(source) || to !== undefined || part !== undefined)) {
    const parts = source.parts?.bind(source)
    const reads = { readWindow, ...(parts && { parts }) }
    return { mode: 'window', source: reads, stretch: stretchOf(request, settings, now) }
  }
  if (isWindowed(source)) throw new Error('a source that is read in windows does not say how')
  const own = 'says nothing for this source: it goes on from a cursor of its own, and cannot be read in windows'
  if (to !== undefined) throw new UsageError(`--to ${own}`)
  if (part !== undefined) throw new UsageError(`--part ${own}`)
  const startMs = from === undefined ? times.startMs : now - from
  const start = startMs ?? settings?.startMs
  const stretch = start === undefined ? null : { window: { from: now - start, to: now }, note: '' }
  return { mode: 'start', source, stretch, startMs }
}

interface Seen {
  readonly request: TryRequest
  readonly sightings: Sightings
}

/** At most as many pages as are asked for. Never rejects. */
export async function readPages(plan: Plan, seen: Seen): Promise<Read> {
  const { signal } = new AbortController()
  const read: Writable<Read> = { ...NOTHING_READ, error: undefined }
  try {
    if (plan.mode === 'window') await readWindow(plan, seen, { read, signal })
    else await readStart(plan, seen, { read, signal })
  } catch (error) {
    read.error = error
  }
  return read
}

type Writable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] }

interface Into {
  readonly read: Writable<Read>
  readonly signal: AbortSignal
}

async function readWindow(
  { source, stretch: { window } }: Extract<Plan, { mode: 'window' }>,
  { request, sightings }: Seen,
  { read, signal }: Into,
): Promise<void> {
  if (request.part === undefined) read.parts = (await source.parts?.(signal)) ?? ['']
  const part = request.part ?? read.parts[0]
  read.part = part ?? ''
  if (part !== undefined)
    for await (const page of source.readWindow({ part, window, progress: null }, signal)) {
      sightings.add(page.draft)
      read.pagesRead++
      read.next = page.progress ?? null
      if (page.last) break
      if (read.pagesRead >= request.pages) return
    }
  read.finished = true
}

async function readStart(
  { source, startMs }: Extract<Plan, { mode: 'start' }>,
  { request, sightings }: Seen,
  { read, signal }: Into,
): Promise<void> {
  for await (const page of source.read({ cursors: [], ...(startMs !== undefined && { startMs }) }, signal)) {
    const moved = page.cursors.find(({ value }) => value !== null)
    if (moved) [read.part, read.next] = [moved.part, moved.value]
    // Where it begins a source may save before it asks for anything.
    if (page.draft.count === 0 && page.draft.quarantined.length === 0) continue
    sightings.add(page.draft)
    read.pagesRead++
    if (read.pagesRead >= request.pages) return
  }
  read.finished = true
}
