// Announces and carries out the end of dead letters in memory.
import type { Seq } from '../../model/page.ts'
import type { Moment } from '../elapsed.ts'
import type { NewNotice } from '../notices.ts'
import { type AnnouncedPurge, type Expiry, expire, UNCHANGED } from '../retention.ts'
import { noteInMemory } from './memory-notices.ts'
import type { MemoryDestination, MemoryState } from './memory-state.ts'

export function expireInMemory(state: MemoryState, name: string, keepMs: number, at: Moment): Expiry {
  const found = state.destination(name)
  if (found.known.state === 'parked') return UNCHANGED
  const shelf = {
    destination: name,
    purge: found.purge,
    count: (before: number, limit: number) => Math.min(oldLetters(found, before).length, limit),
    remove(before: number, limit: number): number {
      const gone = oldLetters(found, before).slice(0, limit)
      for (const seq of gone) found.exceptions.delete(seq)
      found.dropped += gone.length
      return gone.length
    },
    setPurge: (purge: AnnouncedPurge | null) => void (found.purge = purge),
    note: (notice: NewNotice) => noteInMemory(state, [notice], at.now),
  }
  return expire(shelf, keepMs, at)
}

/** Dead letters that died before an age, oldest first; provisional ones do not count. */
export function oldLetters({ exceptions }: Pick<MemoryDestination, 'exceptions'>, before: number): readonly Seq[] {
  const old = [...exceptions.values()].filter(
    ({ diedAge, provisional }) => diedAge !== null && diedAge < before && !provisional,
  )
  return old.sort((a, b) => (a.diedAge ?? 0) - (b.diedAge ?? 0)).map(({ seq }) => seq)
}
