// Reads a list page by page: asks, finds the records, and sees where it goes on.
import { SourceError, WindowError } from '../../model/errors.ts'
import { type RecordFinder, Records } from '../records.ts'
import type { Answer } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { withSecrets } from './kept-link.ts'
import { addressOf, injectionOf, lookupIn, type Scene } from './lookup.ts'
import type { PagePlan } from './page-plan.ts'
import { type Built, buildRequest } from './request-build.ts'
import type { RequestPlan } from './request-plan.ts'
import type { Scalar } from './schema-words.ts'
import { firstWalk, isFirst, LoopGuard, saysMore, turn, type Walk } from './walk.ts'

const newline = 0x0a

/** What is read. */
export interface List {
  readonly base: string
  readonly request: RequestPlan
  readonly page: PagePlan
  readonly finder: RecordFinder
  /** JSON is scanned once for the records and for the cursor; other forms are found in the bytes. */
  readonly json: boolean
  /** A page of so many records was cut off. */
  readonly cutAt?: number | undefined
}

export interface ReadPage {
  /** Host and path that were asked, without secrets. */
  readonly where: string
  readonly answer: Answer
  readonly records: Records
  /** How far the walk had come before this page, and where it goes on behind it. */
  readonly walk: Walk
  readonly next: Walk | undefined
  readonly cursor: Scalar | undefined
}

/** Every page from `start` on. Ends early where a rule says that there is nothing to read. */
export async function* readPages(
  list: List,
  { scene, exchange, start }: { readonly scene: Scene; readonly exchange: Exchange; readonly start: Walk | undefined },
  signal: AbortSignal,
): AsyncGenerator<ReadPage> {
  const guard = new LoopGuard()
  let walk: Walk | undefined = start ?? firstWalk(list.page)
  while (walk) {
    if (walk.pages >= list.page.maxPages)
      throw new WindowError('too_wide', `the window has more than ${list.page.maxPages} pages`)
    const built = requestFor(list, scene, walk)
    const answer = await exchange.ask(built, scene, signal)
    if (!answer) return
    const read: ReadPage = { ...pageOf(list, walk, answer), where: exchange.where(built.request.url) }
    guard.check(list.page, walk, read.next, read.records)
    if (isSuspect(list.page, read)) exchange.suspectEnd(read.records.count, scene)
    yield read
    walk = read.next
  }
}

/** A misspelt page.next finds no cursor, and looks like the end of a list. Where the source says itself whether there is more, it is asked. */
function isSuspect(page: PagePlan, { walk, next, cursor, records, answer }: ReadPage): boolean {
  const ended = isFirst(walk) && next === undefined && cursor === undefined
  return (
    ended && page.hasCursor && records.count > 0 && records.count === page.size && saysMore(page, answer) === undefined
  )
}

/** The request for the page that a walk has come to. */
function requestFor({ base, request, page }: List, scene: Scene, walk: Walk): Built {
  return buildRequest(isFirst(walk) ? request : page.further, {
    base,
    lookup: lookupIn(scene, { page, walk }),
    injection: injectionOf(page, walk),
    nextUrl: whole(absolute(addressOf(page, walk), base), page, base),
  })
}

/** A next link may be relative to the address of the source. */
function absolute(address: string | undefined, base: string): string | undefined {
  return address === undefined ? undefined : (URL.parse(address, `${base}/`)?.href ?? address)
}

/** What is secret goes to the source itself alone, wherever a link leads. */
function whole(address: string | undefined, { hidden }: PagePlan, base: string): string | undefined {
  const isOwn = address !== undefined && URL.parse(address)?.origin === new URL(base).origin
  return isOwn ? withSecrets(address, hidden) : address
}

function pageOf({ page, finder, json, cutAt }: List, walk: Walk, answer: Answer): Omit<ReadPage, 'where'> {
  const { body, openEnded = false } = answer.reply
  // JSON shows its end itself; lines and rows do only by the line end.
  if (openEnded && !json && body.length > 0 && body.at(-1) !== newline)
    throw new SourceError('transient', `the last line of the answer may be cut off, at byte ${body.length}`)
  const records =
    answer.reply.status === 204 ? new Records([], () => []) : finder.find(json ? answer.body : answer.reply.body)
  if (cutAt !== undefined && records.count >= cutAt)
    throw new WindowError('too_wide', `the source cuts a list off at ${cutAt} records`)
  const { stale, ...behind } = turn(page, walk, answer, records)
  return { answer, records: stale ? new Records([], () => []) : records, walk, ...behind }
}
