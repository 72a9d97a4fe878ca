// Walks a list page by page: pure, from how far it has come and one answer to where it goes on. Whoever drives it asks and commits.
import { hash } from 'node:crypto'
import { SourceError } from '../../model/errors.ts'
import type { Records } from '../records.ts'
import type { Answer } from './answer.ts'
import { withoutSecrets } from './kept-link.ts'
import type { PagePlan } from './page-plan.ts'
import type { Scalar } from './schema-words.ts'

/** How far a walk has come: what the next request asks for. Small, because it is kept with every page. */
export interface Walk {
  /** Token, last id or whole address; absent on the first page. */
  readonly cursor?: Scalar
  readonly page: number
  readonly offset: number
  /** Pages and records so far. */
  readonly pages: number
  readonly seen: number
  /** How many records there are, as it was said first. */
  readonly total?: string
  /** That number has changed: rows have shifted. */
  readonly shifted?: boolean
  /** How often the walk was begun anew for that. */
  readonly again?: number
}

/** What one answer means for a walk. */
export interface Turn {
  /** Where it goes on; undefined at its end. */
  readonly next: Walk | undefined
  /** The newest cursor, also at the end of the list. */
  readonly cursor: Scalar | undefined
  /** Rows have shifted: what stands here may have stood on an earlier page, and ids that are counted would count it twice. */
  readonly stale?: boolean
}

export function firstWalk(plan: PagePlan): Walk {
  return { page: plan.first, offset: 0, pages: 0, seen: 0 }
}

export function isFirst(walk: Walk): boolean {
  return walk.pages === 0 && walk.cursor === undefined
}

export function turn(plan: PagePlan, walk: Walk, answer: Answer, records: Records): Turn {
  const cursor = plan.next && cursorIn(plan, answer, records)
  const counted = counting(plan, walk, answer, records.count)
  if (counted.shifted && !plan.hasCursor) return { next: anew(plan, counted), cursor, stale: true }
  const ended = isEnd(plan, { walk: counted, before: walk, cursor, count: records.count, answer })
  return { next: ended ? undefined : onward(plan, counted, cursor, records.count), cursor }
}

/** Null, an empty text and nothing at all are the same: no cursor. */
function cursorIn(plan: PagePlan, answer: Answer, records: Records): Scalar | undefined {
  const found = plan.next && answer.at(plan.next, records)
  if (found === null || found === undefined || found === '' || found === false) {
    if (plan.type === 'last_id' && records.count > 0)
      throw new SourceError('transient', 'the last record of a page lacks the id that page.next names')
    return undefined
  }
  return plan.hidden.length > 0 ? withoutSecrets(String(found), plan.hidden) : found
}

function counting(plan: PagePlan, walk: Walk, answer: Answer, count: number): Walk {
  const said = plan.total && answer.at(plan.total)
  const total = said === undefined || said === null ? undefined : String(said)
  const first = walk.total ?? total
  return {
    ...walk,
    pages: walk.pages + 1,
    seen: walk.seen + count,
    ...(first !== undefined && { total: first }),
    ...((walk.shifted || (total !== undefined && total !== first)) && { shifted: true }),
  }
}

interface Signals {
  /** With this page counted. */
  readonly walk: Walk
  readonly before: Walk
  readonly cursor: Scalar | undefined
  readonly count: number
  readonly answer: Answer
}

function isEnd(plan: PagePlan, { walk, before, cursor, count, answer }: Signals): boolean {
  const more = saysMore(plan, answer)
  const isStuck = plan.hasCursor
    ? cursor === undefined
    : plan.type === 'none' || (plan.type === 'offset' && count === 0)
  if (more && isStuck)
    throw new SourceError('transient', 'page.more says that there is more, but the answer has nothing to go on by')
  if (more !== undefined) return !more || (plan.ends.has('same') && cursor !== undefined && cursor === before.cursor)
  if (plan.ends.has('empty_page') && count === 0) return true
  if (plan.ends.has('short_page') && count < (plan.size ?? 0)) return true
  if (plan.hasCursor) return cursor === undefined || (plan.ends.has('same') && cursor === before.cursor)
  if (plan.type === 'none' || (plan.type === 'offset' && count === 0)) return true
  const pages = plan.totalPages && numberOf(answer.at(plan.totalPages))
  if (pages !== undefined && walk.page - plan.first + 1 >= pages) return true
  const total = plan.total && numberOf(answer.at(plan.total))
  // What was counted, not pages times their size: a source may give fewer than it was asked for.
  return total !== undefined && walk.seen >= total
}

/** What page.more says; undefined where it says nothing. */
export function saysMore(plan: PagePlan, answer: Answer): boolean | undefined {
  const more = plan.more && answer.at(plan.more)
  return more === undefined ? undefined : !isNo(more)
}

function isNo(value: Scalar | null): boolean {
  return value === null || value === false || value === 0 || /^(?:false|no|0|)$/iu.test(String(value))
}

function numberOf(value: Scalar | null | undefined): number | undefined {
  const number = value === null || value === undefined || value === '' ? Number.NaN : Number(value)
  return Number.isFinite(number) ? number : undefined
}

function onward(plan: PagePlan, walk: Walk, cursor: Scalar | undefined, count: number): Walk {
  if (plan.type === 'number') return { ...walk, page: walk.page + 1 }
  if (plan.type === 'offset') return { ...walk, offset: walk.offset + count }
  return { ...walk, cursor: cursor as Scalar }
}

const mostWalks = 3

/** Rows that shift between two pages push a record from one that is still to be read to one that was read: only another walk finds it. */
function anew(plan: PagePlan, { again = 0 }: Walk): Walk {
  if (again + 1 >= mostWalks)
    throw new SourceError('transient', `the list changed during each of ${mostWalks} walks through its pages`)
  return { ...firstWalk(plan), again: again + 1 }
}

export const mostEmptyPages = 1000

/** What is wrong where there seems to be no end of them. */
export function onlyEmptyPages(): SourceError {
  return new SourceError(
    'transient',
    `the source gave ${mostEmptyPages} empty pages one after the other, each with another to follow (if an empty one is the end of a list, write so: page.end: [empty_page]; or give page.more)`,
  )
}

/** Sees that a walk gets on: no page twice, not empty pages for ever. For one reading; it remembers nothing of an earlier one. */
export class LoopGuard {
  readonly #cursors = new Set<Scalar>()
  #again = 0
  #content = ''
  #empty = 0

  /** Throws when this page, or the one that it leads to, was read before. */
  check(plan: PagePlan, walk: Walk, next: Walk | undefined, records: Records): void {
    if ((walk.again ?? 0) !== this.#again) this.#restart(walk.again ?? 0)
    this.#empty = records.count === 0 ? this.#empty + 1 : 0
    if (this.#empty > mostEmptyPages) throw onlyEmptyPages()
    if (!plan.hasCursor) return this.#checkContent(records)
    if (walk.cursor !== undefined) this.#cursors.add(walk.cursor)
    if (next?.cursor !== undefined && this.#cursors.has(next.cursor))
      throw new SourceError(
        'transient',
        'the source goes round in a circle: the next page is one that was read before (nothing of this page was taken)',
      )
  }

  #restart(again: number): void {
    this.#again = again
    this.#cursors.clear()
    this.#content = ''
  }

  /** A source that does not understand the page number gives the first page for ever. */
  #checkContent({ first, last, count }: Records): void {
    if (!first || !last || count < 2 || first.bytes !== last.bytes) return
    const content = hash('sha256', first.bytes.subarray(first.start, last.end), 'hex')
    if (content === this.#content)
      throw new SourceError(
        'transient',
        'the source gave the same page twice: it may not understand the page number or offset (see page.into)',
      )
    this.#content = content
  }
}
