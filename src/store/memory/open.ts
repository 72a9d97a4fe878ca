// Opens a store in memory, alone or on what an earlier one committed.
import type { StateIdentity, Store, StoreBounds } from '../store.ts'
import { MemoryState } from './memory-state.ts'
import { MemoryStore } from './memory-store.ts'

export interface MemoryOptions {
  readonly bounds?: StoreBounds
  readonly identity?: StateIdentity
  /** What an earlier store committed: opening it again is what a start after a crash is on a disk. */
  readonly backing?: MemoryState
  /** For the age of pages; without it, time goes by only as the verbs are told. */
  readonly clock?: { monotonic(): number }
}

const unbounded: StoreBounds = { maxBytes: Infinity, keepMs: Infinity }

export function openMemoryStore(options: MemoryOptions = {}): Store {
  const { clock } = options
  const state = options.backing ?? new MemoryState(options.identity)
  return new MemoryStore(state, options.bounds ?? unbounded, clock ? () => clock.monotonic() : undefined)
}

/** Committed data that outlives the stores that are opened on it. */
openMemoryStore.backing = (identity?: StateIdentity): MemoryState => new MemoryState(identity)
