// How far a window has been read, as text that is kept with every page and read again by another process.
import { isTree, type Tree } from './merge.ts'
import type { Walk } from './walk.ts'

export interface Progress {
  /** Through the list of records; of one item where there are items. */
  readonly walk?: Walk
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
  const { walk, list, done, ordinals } = found
  return {
    ...(isWalk(walk) && { walk }),
    ...(isWalk(list) && { list }),
    ...(Array.isArray(done) && { done: done.map(String) }),
    ...(typeof ordinals === 'string' && { ordinals }),
  }
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
