// Reads the first pages of one source as the relay would, and keeps nothing: no state, no lock, no cursor that moves.
import type { FileSource } from '../../config/sources.ts'
import { Identity } from '../../model/identity.ts'
import { SourceClock } from '../../polling/source-clock.ts'
import { sourceClient, SourceHttp } from '../../polling/source-http.ts'
import type { Clock } from '../../runtime/clock.ts'
import { PageDraft } from '../../sources/page-draft.ts'
import type { Source, SourceHttpOptions, SourceNotice, WindowDefaults, WindowSource } from '../../sources/source.ts'
import { windowSettings } from '../../sources/window-settings.ts'
import type { HttpClient } from '../../runtime/http.ts'
import { NOTHING_READ, planOf, type Read, readPages, type TryRequest } from './reading.ts'
import { type Recorded, Recorder } from './recording-client.ts'
import type { Stretch } from './stretch.ts'
import { type Sighting, Sightings } from './sighting.ts'

export interface TryTools {
  readonly clock: Clock
  /** The client of the source; the usual one unless given. */
  readonly open?: (options: SourceHttpOptions) => HttpClient
}

/** All that was seen. Nothing is hidden in it yet. */
export interface Tried extends Read {
  readonly settings: WindowDefaults | null
  /** `window`: a closed window was read; `start`: as at the first pull of a source that goes on from a cursor of its own. */
  readonly mode: 'window' | 'start'
  /** The window, or from where on a first pull reads to now; null where the source has no time to begin at. */
  readonly stretch: Stretch | null
  readonly options: unknown
  readonly exchanges: readonly Recorded[]
  readonly sighting: Sighting
  readonly notices: readonly SourceNotice[]
  /** Our clock, ms. */
  readonly startedAt: number
}

/** Never rejects for what the source does; throws `UsageError` for what it cannot be asked. */
export async function trySource(source: FileSource, request: TryRequest, tools: TryTools): Promise<Tried> {
  const { clock } = tools
  const recorder = new Recorder(clock)
  const notices: SourceNotice[] = []
  const common = { exchanges: recorder.exchanges, notices, startedAt: clock.now() }
  let options: unknown
  let opened: Source | WindowSource | undefined
  try {
    options = source.options()
    opened = open(source, options, { tools, recorder, notices })
  } catch (error) {
    const seen = new Sightings(null, 0).seen()
    return { ...common, ...NOTHING_READ, settings: null, mode: 'window', stretch: null, options, sighting: seen, error }
  }
  try {
    const usual = source.kind.windows?.(options) ?? null
    const settings = usual && windowSettings(usual, source.windows ?? {})
    const times = { settings, startMs: source.windows?.startMs, now: common.startedAt }
    const plan = planOf(opened, times, request)
    const sightings = new Sightings(plan.mode === 'window' ? plan.stretch.window : null, request.mostShown)
    const read = await readPages(plan, { request, sightings })
    return { ...common, ...read, settings, mode: plan.mode, stretch: plan.stretch, options, sighting: sightings.seen() }
  } finally {
    await opened.close().catch(() => undefined)
  }
}

interface Opening {
  readonly tools: TryTools
  readonly recorder: Recorder
  readonly notices: SourceNotice[]
}

function open({ name, kind }: FileSource, options: unknown, opening: Opening): Source | WindowSource {
  const { recorder, notices, tools } = opening
  const { clock, open: client = sourceClient } = tools
  const notice = (one: SourceNotice): void => void notices.push(one)
  const sourceClock = new SourceClock(clock, notice)
  const http = new SourceHttp({ clock, sourceClock, open: (wanted) => recorder.around(client(wanted)) })
  // No key: a try has no state, and nothing that it makes is compared with anything else.
  const identity = new Identity(new Uint8Array(32))
  const newPage = (): PageDraft => new PageDraft({ name, type: kind.type }, identity)
  return kind.open(options, { name, clock, notice, newPage, http: http.http('live') })
}
