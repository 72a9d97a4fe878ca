// The stores that keep the port's promises, each with a way to end it as a crash does and start again on what was committed.
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { MemoryState } from '../../src/store/memory/memory-state.ts'
import { openMemoryStore } from '../../src/store/memory/open.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import type { Store, StoreBounds } from '../../src/store/store.ts'
import { TestClock } from '../fakes/test-clock.ts'

export interface StoreBench {
  readonly clock: TestClock
  /** The file, where there is one. */
  readonly path?: string
  /** Ends the store before, and opens what it committed, with other bounds if they are given. */
  open(other?: StoreBounds): Promise<Store>
  dispose(): void
}

const UNBOUNDED: StoreBounds = { maxBytes: 1e12, keepMs: 7 * 86_400_000 }

export const BENCHES: Readonly<Record<string, (bounds?: StoreBounds) => StoreBench>> = {
  sqlite(bounds = UNBOUNDED) {
    const folder = fs.mkdtempSync(join(os.tmpdir(), 'audit-relay-store-'))
    const clock = new TestClock()
    let store: Store | undefined
    return {
      clock,
      path: join(folder, 'state.db'),
      async open(other = bounds) {
        await store?.close(clock.now())
        store = await openSqliteStore({
          path: join(folder, 'state.db'),
          bounds: other,
          reserveBytes: 0,
          newState: false,
          clock,
        })
        return store
      },
      dispose() {
        void store?.close(clock.now())
        fs.rmSync(folder, { recursive: true })
      },
    }
  },
  memory(bounds = UNBOUNDED) {
    const backing = new MemoryState()
    const clock = new TestClock()
    return { clock, open: async (other = bounds) => openMemoryStore({ backing, bounds: other, clock }), dispose() {} }
  },
}
