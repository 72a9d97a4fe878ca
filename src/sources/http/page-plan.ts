// The `page:` block, checked against the request that it belongs to: where the next cursor comes from, and where it goes.
import { parsePath, type Path } from '../path.ts'
import type { HiddenMember } from './kept-link.ts'
import { placeholdersIn, planOf, type RequestPlan, type Tell } from './request-plan.ts'
import type { RequestGiven } from './schema-request.ts'
import type { ENDS, PAGE_TYPES, PageGiven } from './schema-page.ts'
import type { Scope } from './template.ts'

type PageType = (typeof PAGE_TYPES)[number]
type End = (typeof ENDS)[number]

/** A place in an answer. */
export type Place =
  | { readonly of: 'link' }
  | { readonly of: 'header'; readonly name: string }
  | { readonly of: 'body' | 'first' | 'last'; readonly path: Path }

export interface PagePlan {
  readonly type: PageType
  readonly next: Place | undefined
  /** Where the cursor, number or offset goes when no template holds it. */
  readonly into:
    { readonly into: 'query' | 'header' | 'body'; readonly name: string; readonly path: readonly string[] } | undefined
  /** What further pages ask instead; the request itself where they ask the same. */
  readonly further: RequestPlan
  readonly size: number | undefined
  readonly first: number
  readonly totalPages: Place | undefined
  readonly total: Place | undefined
  readonly more: Place | undefined
  readonly ends: ReadonlySet<End>
  readonly maxPages: number
  /** The list goes on by a cursor or an address that an answer gives. */
  readonly hasCursor: boolean
  /** What a next link is not kept with. */
  readonly hidden: readonly HiddenMember[]
}

interface Around {
  readonly request: RequestPlan
  readonly given: RequestGiven
  readonly scope: Scope
  /** The last cursor is where the next pull begins. */
  readonly feed: boolean
  /** Values that must not be kept. */
  readonly secrets: readonly string[]
  readonly tell: Tell
}

const cursorTypes: ReadonlySet<PageType> = new Set(['link', 'token', 'next_url', 'last_id'])
const countedTypes: ReadonlySet<PageType> = new Set(['number', 'offset'])

export function pagePlanOf(page: PageGiven | undefined, around: Around): PagePlan {
  const given = page ?? { type: 'none' as const }
  const { type } = given
  const next = given.next ?? { link: 'link', last_id: 'record.last.id' }[type as string]
  if (next === undefined && cursorTypes.has(type))
    around.tell(['next'], 'expected the place of the next cursor, such as body.next_cursor')
  if (next !== undefined && !cursorTypes.has(type)) around.tell(['next'], `not with type: ${type}`)
  if (type === 'offset' && given.size === undefined) around.tell(['size'], 'expected how many records a full page has')
  if (given.end?.includes('short_page') && given.size === undefined)
    around.tell(['size'], 'short_page needs it: how many records a full page has')
  const further = furtherOf(given, around)
  const into = given.into === undefined ? undefined : intoOf(given.into)
  checkWay(given, into !== undefined, further, around)
  return {
    type,
    next: next === undefined ? undefined : placeOf(next),
    into,
    further,
    size: given.size,
    first: given.first ?? 1,
    totalPages: maybePlace(given.total_pages),
    total: maybePlace(given.total),
    more: maybePlace(given.more),
    ends: new Set(given.end ?? usualEnds(type, around.feed)),
    maxPages: given.max_pages ?? 1000,
    hasCursor: cursorTypes.has(type),
    hidden: type === 'link' || type === 'next_url' ? hiddenIn(around) : [],
  }
}

function hiddenIn({ given: { query = {} }, secrets }: Around): readonly HiddenMember[] {
  return Object.entries(query).flatMap(([name, value]) =>
    [value]
      .flat()
      .map((one) => ({ name, value: String(one) }))
      .filter((member) => secrets.includes(member.value)),
  )
}

function usualEnds(type: PageType, feed: boolean): readonly End[] {
  if (feed) return ['same', 'empty_page']
  return countedTypes.has(type) || type === 'last_id' ? ['empty_page'] : []
}

function furtherOf({ request: other }: PageGiven, { request, given, scope, tell }: Around): RequestPlan {
  if (other === undefined) return request
  return planOf({ ...given, ...other }, scope, (path, message) => tell(['request', ...path], message))
}

/** A cursor that goes nowhere would ask for the first page for ever. */
function checkWay({ type }: PageGiven, hasInto: boolean, further: RequestPlan, { tell }: Around): void {
  const wanted = (
    { token: 'cursor', last_id: 'cursor', number: 'page', offset: 'offset' } as Partial<Record<PageType, string>>
  )[type]
  if (wanted === undefined) {
    if (hasInto) tell(['into'], `not with type: ${type}`)
    return
  }
  const held = placeholdersIn(further).some(({ of }) => of === wanted)
  if (!hasInto && !held)
    tell(['into'], `expected where it goes, such as query.${wanted}, or {{${wanted}}} in the request`)
  if (hasInto && held)
    tell(['into'], `{{${wanted}}} stands in the request already: take it out there, or leave \`into\` out`)
}

function maybePlace(text: string | undefined): Place | undefined {
  return text === undefined ? undefined : placeOf(text)
}

/** `body.a.b`, `header.X`, `link`, `record.last.id`; checked by the schema before. */
export function placeOf(text: string): Place {
  if (text === 'link') return { of: 'link' }
  if (text.startsWith('header.')) return { of: 'header', name: text.slice('header.'.length).toLowerCase() }
  if (text.startsWith('record.first.')) return { of: 'first', path: parsePath(text.slice('record.first.'.length)) }
  if (text.startsWith('record.last.')) return { of: 'last', path: parsePath(text.slice('record.last.'.length)) }
  return { of: 'body', path: parsePath(text).slice(1) }
}

function intoOf(text: string): PagePlan['into'] {
  const at = text.indexOf('.')
  const into = text.slice(0, at) as 'query' | 'header' | 'body'
  const name = text.slice(at + 1)
  return {
    into,
    name: into === 'header' ? name.toLowerCase() : name,
    path: parsePath(name).map((step) => step.name.toString()),
  }
}
