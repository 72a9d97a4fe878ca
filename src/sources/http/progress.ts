// How far a window has been read, as text that is kept with every page and read again by another process.
import { hash } from 'node:crypto'
import { scrub, secretForms } from '../../runtime/scrub.ts'
import { placeIn } from './address.ts'
import { isTree, type Tree } from './merge.ts'
import type { HttpSourceOptions } from './options.ts'
import type { HttpPlans } from './plans.ts'
import type { Walk } from './walk.ts'

export interface Progress {
  /** What `printOf` gave when it was written. */
  readonly plan?: string
  /** Through the list of records; of one item where there are items: then `item` says of which. */
  readonly walk?: Walk
  readonly item?: string
  /** Of the list of items: where it stands, and which items of this page of it are done. */
  readonly list?: Walk
  readonly done?: readonly string[]
  /** What derived ids need to go on. */
  readonly ordinals?: string
}

export function writeProgress(progress: Progress): string {
  return JSON.stringify(progress)
}

/** What this program did not write is no progress: the window is begun anew. */
export function readProgress(text: string | null): Progress {
  if (text === null) return {}
  const found = parsed(text)
  const { plan, walk, item, list, done, ordinals } = found
  return {
    ...(typeof plan === 'string' && { plan }),
    ...(typeof item === 'string' && { item }),
    ...(isWalk(walk) && { walk }),
    ...(isWalk(list) && { list }),
    ...(Array.isArray(done) && { done: done.map(String) }),
    ...(typeof ordinals === 'string' && { ordinals }),
  }
}

/**
 * Tells whether a place in a list still means what it meant: to other requests, or in pages of another size, it means something else.
 * Secrets do not count, for they are turned.
 */
export function printOf(
  { base, secrets }: { readonly base: string; readonly secrets: readonly string[] },
  { request, page, items }: Pick<HttpPlans, 'request' | 'page' | 'items'>,
): string {
  const plain = (_name: string, value: unknown): unknown => (value instanceof Set ? [...value] : value)
  return printed(JSON.stringify([hostOf(base), request, page, items], plain), secrets)
}

/** The same of where a feed is. */
export function placePrint({ base, secrets, definition, plans }: HttpSourceOptions): string {
  const { url } = definition.request
  return printed(JSON.stringify([hostOf(base), plans.request.path, url && placeIn(url)]), secrets)
}

/** Through another port or scheme it may still be the same. */
function hostOf(base: string): string {
  const { hostname, pathname } = new URL(base)
  return `${hostname}${pathname}`
}

function printed(text: string, secrets: readonly string[]): string {
  return hash('sha256', scrub(text, secretForms(secrets)), 'hex').slice(0, 16)
}

export function parsed(text: string): Tree {
  try {
    const value: unknown = JSON.parse(text)
    return isTree(value) ? value : {}
  } catch {
    return {}
  }
}

function isWalk(value: unknown): value is Walk {
  return isTree(value) && ['page', 'offset', 'pages', 'seen'].every((name) => typeof value[name] === 'number')
}
