// Decides for each event of a page whether it is new, a duplicate of a remembered one, or a conflict (the same identity with other
// content), and remembers it. What changes in the page because of that is the business of rebuild-page.
import type { Identity } from '../model/identity.ts'
import { KEY_BYTES, type Page } from '../model/page.ts'
import { eventIdOf, rebuildPage, type Rename } from './rebuild-page.ts'
import { type Look, type RecentEvents, wordsOf } from './recent-events.ts'
import type { Committed } from './store.ts'

/** A page without what was seen before. */
export interface Deduplicated {
  readonly page: Page
  /** The places in the given page of the events that stay; null when the page is as it was given. */
  readonly kept: readonly number[] | null
  readonly duplicates: number
  readonly conflicts: Committed['conflicts']
}

/** What the events of a page are compared with. */
export interface Remembered {
  readonly recent: RecentEvents
  /** Identities from further back that the page's window may meet. */
  readonly older: RecentEvents | null
}

/** Drops duplicates, renames conflicts, and remembers everything that stays in `recent`. */
export function deduplicate(page: Page, { recent, older }: Remembered, identity: Identity): Deduplicated {
  const keys = wordsOf(page.keys)
  const prints = wordsOf(page.fingerprints)
  const renames = new Map<number, Rename>()
  const gone = new Set<number>()
  const look = (of: Uint32Array, at: number, index: number): Look => {
    const lately = recent.look(of, at, prints, index)
    const before = lately === 'same' || !older ? 'new' : older.look(of, at, prints, index)
    return before === 'new' ? lately : before
  }
  for (let index = 0; index < page.count; index++) {
    const seen = look(keys, index, index)
    if (seen === 'new') recent.add(keys, index, prints, index)
    else if (seen === 'same') gone.add(index)
    else {
      const rename = renameOf(page, index, identity)
      const newKey = wordsOf(rename.key)
      if (look(newKey, 0, index) !== 'new') gone.add(index)
      else {
        recent.add(newKey, 0, prints, index)
        renames.set(index, rename)
      }
    }
  }
  return result(page, gone, renames)
}

function result(page: Page, gone: ReadonlySet<number>, renames: ReadonlyMap<number, Rename>): Deduplicated {
  if (gone.size === 0 && renames.size === 0) return { page, kept: null, duplicates: 0, conflicts: [] }
  const kept: number[] = []
  for (let index = 0; index < page.count; index++) if (!gone.has(index)) kept.push(index)
  const conflicts = [...renames].map(([index, { newEventId }]) => ({ eventId: eventIdOf(page, index), newEventId }))
  return { page: rebuildPage(page, kept, renames), kept, duplicates: gone.size, conflicts }
}

function renameOf(page: Page, index: number, identity: Identity): Rename {
  const print = Buffer.from(page.fingerprints.subarray(index * 8, index * 8 + 8)).toString('hex')
  const suffix = `~${print}`
  const newEventId = eventIdOf(page, index) + suffix
  const key = Buffer.alloc(KEY_BYTES)
  identity.writeKey(newEventId, key, 0)
  return { newEventId, suffix, key }
}
