// Runs a definition against the real thing for one page, commits nothing, and says all that was seen: what a person needs who writes one.
import { type HttpClient, HttpError, type HttpReply, type HttpRequest } from '../../runtime/http.ts'
import { excerpt, scrub, scrubReply, secretForms } from '../../runtime/scrub.ts'
import type { SourceTools, Window } from '../source.ts'
import { type Engine, openEngine } from './engine.ts'
import { firstPage } from './first-page.ts'
import type { HttpSourceOptions } from './options.ts'
import type { ReadPage } from './pages.ts'

/** One request and what came of it. Nothing here holds a secret. */
export interface TriedRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Undefined when there was no answer. */
  readonly status: number | undefined
  readonly bytes: number
  /** The beginning of the answer, or why there was none. */
  readonly said: string
}

export interface Trial {
  readonly mode: 'window' | 'feed'
  readonly part: string
  readonly window: Window
  readonly requests: readonly TriedRequest[]
  /** Of the page, before `where` and `each`. */
  readonly records: number
  /** Where the next page would begin; undefined at the end of the list. */
  readonly next: string | undefined
  /** Whole events, JSON text. */
  readonly events: readonly string[]
  readonly quarantined: readonly { readonly place: string; readonly reason: string; readonly detail: string }[]
  /** Why it failed. */
  readonly error: unknown
}

/** Reads one page. `window`: which time; the newest that may be read by default. */
export async function tryDefinition(
  options: HttpSourceOptions,
  tools: SourceTools,
  signal: AbortSignal,
  given: { readonly window?: Window; readonly part?: string } = {},
): Promise<Trial> {
  const recorder = new Recorder()
  const engine = openEngine(options, { ...tools, http: (asked) => recorder.around(tools.http(asked)) })
  const window = given.window ?? newest(options, tools)
  const seen = { mode: options.plans.mode, part: given.part ?? '', window }
  try {
    const { part, page } = await firstPage(engine, { window, part: given.part }, signal)
    return { ...seen, part, ...found(engine, page), requests: recorder.requests(engine), error: undefined }
  } catch (error) {
    return { ...seen, ...found(engine, undefined), requests: recorder.requests(engine), error }
  } finally {
    await engine.close()
  }
}

function newest({ windows }: HttpSourceOptions, { clock }: SourceTools): Window {
  const to = clock.now() - windows.settleMs
  return { from: to - Math.min(windows.maxWindowMs, windows.startMs), to }
}

function found(engine: Engine, page: ReadPage | undefined): Pick<Trial, 'records' | 'next' | 'events' | 'quarantined'> {
  if (!page) return { records: 0, next: undefined, events: [], quarantined: [] }
  const drafts = [...engine.drafts(page, engine.ordinals(''))].map(({ draft }) => draft)
  const { next } = page
  const counted = next && (engine.options.plans.page.type === 'offset' ? next.offset : next.page)
  return {
    records: page.records.count,
    next: next && scrub(String(next.cursor ?? counted), secretForms(engine.exchange.secrets())),
    events: drafts.flatMap((draft) => Array.from({ length: draft.count }, (_, index) => draft.json(index))),
    quarantined: drafts.flatMap((draft) =>
      draft.quarantined.map(({ place, reason, detail }) => ({ place, reason, detail })),
    ),
  }
}

interface Recorded {
  readonly request: HttpRequest
  readonly reply: HttpReply | undefined
  readonly fault: string
}

class Recorder {
  readonly #seen: Recorded[] = []

  around(client: HttpClient): HttpClient {
    return {
      request: async (request, signal) => {
        try {
          const reply = await client.request(request, signal)
          this.#seen.push({ request, reply, fault: '' })
          return reply
        } catch (error) {
          this.#seen.push({
            request,
            reply: undefined,
            fault: error instanceof HttpError ? error.message : 'no answer',
          })
          throw error
        }
      },
      close: () => client.close(),
    }
  }

  /** Scrubbed at the end, when every secret is known that was used on the way. */
  requests({ exchange, options }: Engine): TriedRequest[] {
    const secrets = secretForms(exchange.secrets())
    const own = new URL(options.base).origin
    return this.#seen.map(({ request, reply, fault }) => {
      const { method, url, headers, body } = request
      const clear = reply && scrubReply(reply, secrets)
      // What is asked of an authorization server, and what it says, is secret as a whole.
      const hidden = URL.parse(url)?.origin !== own && request.given === undefined
      return {
        method,
        url: scrub(url, secrets),
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, shownHeader(name, scrub(value, secrets))]),
        ),
        body: body && (hidden ? '[secret]' : scrub(Buffer.from(body).toString(), secrets)),
        status: reply?.status,
        bytes: reply?.body.length ?? 0,
        said: hidden && reply ? '' : clear ? excerpt(clear) : scrub(fault, secrets),
      }
    })
  }
}

function shownHeader(name: string, value: string): string {
  return /authorization|cookie|token|key|secret|signature/iu.test(name) ? '[secret]' : value
}
