// Reads the open stretch of one lane and part, window after window, page after page, and says with each page how far that comes.
import { SourceError, WindowError } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import type { PageDraft } from '../sources/page-draft.ts'
import type { SourceNotice, Window, WindowDefaults, WindowPage, WindowSource } from '../sources/source.ts'
import { rememberMs } from '../sources/window-settings.ts'
import { about, type NewNotice } from '../store/notices.ts'
import { durationText } from '../telemetry/units.ts'
import type { Lane, LaneChange, LaneStates } from './lanes.ts'
import { keyOf, LIVE } from './lanes.ts'
import { PageWatch } from './page-watch.ts'
import { tooNarrow } from './too-narrow.ts'
import { corrected, type LaneState, narrowed, pageRead, spare, type Stretch, stretchOf, windowRead } from './window.ts'

/** A page of a lane, ready to be encoded and committed. */
export interface LanePage {
  readonly draft: PageDraft
  readonly lane: string
  readonly cursors: readonly LaneChange[]
  readonly window?: Window
  readonly rememberMs?: number
  readonly rememberFrom?: number
  readonly lateBefore?: number
  readonly noticed?: readonly NewNotice[]
  /** The cursor to go on with when the store finds the window too wide; null when it cannot be narrower. */
  readonly narrower: LaneChange | null
}

export interface StretchParts {
  readonly source: string
  readonly reads: Pick<WindowSource, 'readWindow'>
  readonly settings: WindowDefaults
  readonly states: LaneStates
  readonly sweeps: readonly Lane[]
  readonly clock: Clock
  /** The source's time. */
  readonly time: { now(): number }
  /** Source time from which something may be read again. */
  rememberFrom(): number | undefined
  newPage(): PageDraft
  notice(notice: SourceNotice): void
}

/** What is to be read, and how. */
export interface Errand {
  readonly lane: Lane
  readonly part: string
  /** Told with the first page: what the source had forgotten when reading went on behind it. */
  readonly lost: Window | null
  /** Whether what is more urgent is due; asked between pages. */
  givesWay(): boolean
}

/** A progress that expires again and again is no progress. */
const mostExpired = 5
/** An answer whose times lie so far outside the window was not rounded. */
export const widestRounding = 86_400_000

export class StretchReader {
  readonly #parts: StretchParts
  /** By lane and part the monotonic time at which the open stretch was begun, unless in another process. */
  readonly #begun = new Map<string, number>()

  constructor(parts: StretchParts) {
    this.#parts = parts
  }

  /** Begins what was planned. */
  begin(lane: Lane, part: string, state: LaneState): void {
    if (!this.#parts.states.get(lane.name, part)?.open)
      this.#begun.set(keyOf(lane.name, part), this.#parts.clock.monotonic())
    this.#parts.states.set(lane.name, part, state)
  }

  /** Reads the open stretch to its end, unless it has to give way before. */
  async *read(errand: Errand, signal: AbortSignal): AsyncGenerator<LanePage, void> {
    while (this.#state(errand).open) {
      const whole = yield* this.readWindow(errand, signal)
      if (!whole || errand.givesWay()) return
    }
  }

  /** Reads the open window; true when it, or what is left of it after it was halved, was read to its end. */
  async *readWindow(errand: Errand, signal: AbortSignal): AsyncGenerator<LanePage, boolean> {
    const { at, until, progress } = stretchOf(this.#state(errand))
    const watch = new PageWatch({ from: at, to: until }, progress)
    let left = errand
    for (let expired = 0; ;) {
      const end = yield* this.#attempt(left, watch, signal)
      if (!(end instanceof WindowError)) return end
      if (end.kind === 'expired' && ++expired > mostExpired)
        throw new SourceError('transient', `how far a window was read expires again and again: ${end.message}`)
      this.#again(errand, end)
      watch.begunAnew()
      // With a page of the attempt it has been told what is lost.
      yield this.#turned(watch.any ? { ...left, lost: null } : left)
      left = { ...errand, lost: null }
    }
  }

  /** True: read to its end. False: it had to give way. */
  async *#attempt(
    errand: Errand,
    watch: PageWatch,
    signal: AbortSignal,
  ): AsyncGenerator<LanePage, boolean | WindowError> {
    let { lost } = errand
    try {
      for await (const page of this.#pages(errand.part, this.#state(errand), signal)) {
        watch.see(page)
        yield this.#page({ ...errand, lost }, page)
        lost = null
        if (page.progress !== undefined && !page.last && errand.givesWay()) return false
      }
      return true
    } catch (error) {
      if (error instanceof WindowError) return error
      throw error
    }
  }

  /** Those that the source gives, and one more behind them when none of them said that it was the last. */
  async *#pages(part: string, state: LaneState, signal: AbortSignal): AsyncGenerator<WindowPage, void> {
    const { at: from, until: to, progress } = stretchOf(state)
    for await (const page of this.#parts.reads.readWindow({ part, window: { from, to }, progress }, signal)) {
      yield page
      if (page.last) return
    }
    yield { draft: this.#parts.newPage(), last: true }
  }

  /** Halves the window, or begins it anew. */
  #again({ lane, part }: Errand, error: WindowError): void {
    const state = this.#state({ lane, part })
    const next = error.kind === 'expired' ? pageRead(state, null) : narrowed(state)
    const { at: from, until: to } = stretchOf(state)
    if (!next)
      throw tooNarrow(
        { source: this.#parts.source, lane: lane.name, part, from: timeText(from), to: timeText(to) },
        error,
      )
    this.#parts.states.set(lane.name, part, next)
  }

  /** A page without events: what was learned about a window stays known when the next attempt at it fails. */
  #turned(errand: Errand): LanePage {
    const state = this.#state(errand)
    return this.#laid(errand, state, { draft: this.#parts.newPage() })
  }

  #page(errand: Errand, page: WindowPage): LanePage {
    const { lane, part } = errand
    const before = this.#corrected(errand)
    const after = page.last ? windowRead(before, lane.rules) : pageRead(before, page.progress ?? null)
    this.#parts.states.set(lane.name, part, after)
    if (page.last) this.#spareSweeps(errand, stretchOf(before))
    return this.#laid(errand, before, page)
  }

  #laid({ lane, part, lost }: Errand, before: LaneState, { draft }: WindowPage): LanePage {
    const { source, states, settings } = this.#parts
    const { at, until } = stretchOf(before)
    const lateBefore = this.#lateBefore({ lane, part }, before)
    const narrower = narrowed(before)
    const rememberFrom = this.#parts.rememberFrom()
    const place = { source, part, retentionMs: settings.retentionMs ?? 0 }
    if (lost) this.#parts.notice(gapNotice(place, lost))
    return {
      draft,
      lane: lane.name,
      cursors: states.take(part),
      window: spanOf({ from: at, to: until }, draft),
      rememberMs: rememberMs(settings),
      ...(rememberFrom !== undefined && { rememberFrom }),
      ...(lateBefore !== undefined && { lateBefore }),
      ...(lost && { noticed: [gapRecord(place, lost)] }),
      narrower: narrower && { lane: lane.name, part, value: states.textOf(narrower) },
    }
  }

  /** Answers have told the time meanwhile: what it was when the stretch was begun follows. */
  #corrected({ lane, part }: Pick<Errand, 'lane' | 'part'>): LaneState {
    const { time, clock } = this.#parts
    const elapsed = clock.monotonic() - (this.#begun.get(keyOf(lane.name, part)) ?? clock.monotonic())
    return corrected(this.#state({ lane, part }), Math.floor(time.now() - elapsed))
  }

  /** Before it everything had been read: what is new from that time came late. */
  #lateBefore({ lane, part }: Pick<Errand, 'lane' | 'part'>, before: LaneState): number | undefined {
    if (this.#parts.settings.ofArrival) return undefined
    const live = lane.name === LIVE ? before : this.#parts.states.get(LIVE, part)
    const isKnown = live && live.frontier > live.floor && !lane.name.startsWith('backfill')
    return isKnown ? live.frontier : undefined
  }

  #spareSweeps({ lane, part }: Errand, { at, until, asOf }: Stretch): void {
    const { sweeps, states } = this.#parts
    for (const { name, rules } of sweeps) {
      const state = name === lane.name ? undefined : states.get(name, part)
      if (state) states.set(name, part, spare(state, { from: at, to: until }, asOf, rules.lagMs))
    }
  }

  #state({ lane, part }: Pick<Errand, 'lane' | 'part'>): LaneState {
    const state = this.#parts.states.get(lane.name, part)
    if (!state) throw new Error(`lane ${lane.name} was not begun`)
    return state
  }
}

/** The window, and what its events show of how the source rounds: duplicates are looked for there. */
function spanOf({ from, to }: Window, draft: PageDraft): Window {
  let [first, last] = [from, to - 1]
  for (let index = 0; index < draft.count; index++) {
    const time = draft.occurredAtMs(index)
    if (time < first && time >= from - widestRounding) first = time
    else if (time > last && time < to + widestRounding) last = time
  }
  return { from: Math.floor(first), to: Math.floor(last) + 1 }
}

interface GapPlace {
  readonly source: string
  readonly part: string
  readonly retentionMs: number
}

function gapRecord({ source, part, retentionMs }: GapPlace, { from, to }: Window): NewNotice {
  const span = { from: timeText(from), to: timeText(to) }
  const reason = `taken for lost: the source keeps its events for ${durationText(retentionMs)} (retention)`
  const data = { source, ...(part !== '' && { part }), code: 'retention', ...span, reason }
  return about('source_gap', { outcome: 'failure', source, data })
}

function gapNotice({ part, retentionMs }: GapPlace, { from, to }: Window): SourceNotice {
  const span = `${timeText(from)} to ${timeText(to)}`
  const text = `events of ${span} are taken for lost (retention: ${durationText(retentionMs)})`
  return { level: 'error', code: 'retention_gap', subject: part, text }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
