// An open http source: its client, what finds its records and what makes events of them. The readings of windows and feeds stand on it.
import { authorization } from '../authorization.ts'
import { type AuthorizedHttp, authorizedHttp } from '../authorized-http.ts'
import { EventMaker } from '../event-maker.ts'
import { Ordinals } from '../ordinals.ts'
import type { PageDraft } from '../page-draft.ts'
import { RecordFinder } from '../records.ts'
import type { SourceTools } from '../source.ts'
import { Exchange } from './exchange.ts'
import type { HttpSourceOptions } from './options.ts'
import type { List, ReadPage } from './pages.ts'
import type { HttpPlans } from './plans.ts'
import type { RecordsGiven } from './schema.ts'
import { resetHeaderOf } from './schema-limits.ts'

/** A commit takes no more than about this much, bytes. */
const draftBytes = 8 * 1024 ** 2

/** Of one answer so much is kept, bytes; it holds the records of one page, or of a whole export. */
const answerBytes = 64 * 1024 ** 2

export interface Engine {
  readonly options: HttpSourceOptions
  readonly tools: SourceTools
  readonly exchange: Exchange
  /** Ids come from `Ordinals`, because records have none. */
  readonly derived: boolean
  listOf(plans: HttpPlans): List
  ordinals(part: string, state?: string): Ordinals
  /** The events of a page, in one draft or, where they are many, in several. */
  drafts(read: ReadPage, ordinals: Ordinals): Generator<{ readonly draft: PageDraft; readonly complete: boolean }>
  close(): Promise<void>
}

/** `http`: a client with credentials that somebody else made; then the `auth` of the options is not used. */
export function openEngine(options: HttpSourceOptions, tools: SourceTools, http = clientOf(options, tools)): Engine {
  const { base, definition } = options
  const exchange = new Exchange({
    http,
    clock: tools.clock,
    base,
    hosts: definition.follow?.hosts ?? [],
    answerBytes,
    rules: options.plans.rules,
    secrets: options.secrets,
    reset: resetHeaderOf(definition.limits),
    notice: (notice) => tools.notice(notice),
  })
  const { cut_at: cutAt, ...records }: Partial<RecordsGiven> = definition.records ?? {}
  const finder = new RecordFinder(records)
  const maker = new EventMaker({ fields: definition.event, stable: definition.stable })
  const json = (records.decode ?? 'json') === 'json'
  const id = definition.event.event_id
  return {
    options,
    tools,
    exchange,
    derived: id === undefined || (typeof id === 'object' && 'derived' in id),
    listOf: ({ request, page }) => ({ base, request, page, finder, json, cutAt }),
    ordinals: (part, state) => new Ordinals(`${tools.name}\0${part}`, state),
    *drafts({ records: found, walk, where }, ordinals) {
      const place = `page ${walk.pages + 1} of ${where}`
      let draft = tools.newPage()
      for (const record of found) {
        if (draft.size >= draftBytes) {
          yield { draft, complete: false }
          draft = tools.newPage()
        }
        maker.add(draft, record, place, ordinals)
      }
      yield { draft, complete: true }
    },
    close: () => http.close(),
  }
}

function clientOf({ base, auth, definition, connection }: HttpSourceOptions, tools: SourceTools): AuthorizedHttp {
  const perSecond = definition.limits?.per_second
  const client = tools.http({ ...connection, bodyBytes: answerBytes, ...(perSecond !== undefined && { perSecond }) })
  const credentials = authorization(auth, {
    http: client,
    clock: tools.clock,
    tokens: tools.tokens,
    notice: (notice) => tools.notice(notice),
  })
  return authorizedHttp(client, credentials, base)
}
