// Both stores write down what each destination was over time, the same rows from the same life.
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DefinitionFrom } from '../../src/store/definitions.ts'
import { MemoryState } from '../../src/store/memory/memory-state.ts'
import { openMemoryStore } from '../../src/store/memory/open.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import type { DestinationDefinition, Store } from '../../src/store/store.ts'
import { TestClock } from '../fakes/test-clock.ts'
import { commitOf, destination, ids, live, settlement, START } from './store-events.ts'
import { BENCHES } from './store-openers.ts'
import { remove } from './store-operator.ts'

interface Bench {
  open(): Promise<Store>
  /** By the number that a destination has for ever. */
  rows(id: number): readonly DefinitionFrom[]
  dispose(): void
  readonly path?: string
}

function sqlite(): Bench {
  const bench = (BENCHES['sqlite'] as NonNullable<(typeof BENCHES)['sqlite']>)()
  const rows = (id: number): DefinitionFrom[] => {
    const db = new Database(bench.path, { readonly: true })
    try {
      const found = db.prepare<[number], DefinitionFrom>(
        'SELECT from_seq AS "from", definition FROM definition WHERE destination = ? ORDER BY from_seq',
      )
      return found.all(id)
    } finally {
      db.close()
    }
  }
  return { open: () => bench.open(), rows, dispose: () => bench.dispose(), path: bench.path as string }
}

function memory(): Bench {
  const backing = new MemoryState()
  const bounds = { maxBytes: 1e12, keepMs: 7 * 86_400_000 }
  return {
    open: async () => openMemoryStore({ backing, bounds, clock: new TestClock() }),
    rows: (id) => backing.destinations.find(({ known }) => known.id === id)?.definitions ?? [],
    dispose() {},
  }
}

describe.each([
  ['sqlite', sqlite],
  ['memory', memory],
] as const)('what destinations were, in the %s store', (_kind, make) => {
  let bench: Bench
  let store: Store
  beforeEach(async () => {
    bench = make()
    store = await bench.open()
  })
  afterEach(() => bench.dispose())

  const register = (...all: readonly DestinationDefinition[]) => store.register(all, START)
  const siem = (definition: string, more: Partial<DestinationDefinition> = {}) =>
    destination('siem', { definition, ...more })
  const other = destination('other')
  const commit = (...names: string[]) =>
    store.commitPage(commitOf(store, 'app', ids(...names), { to: { other: 'all' } }), START)
  const rows = (id: number) => bench.rows(id).map(({ from, definition }) => `${from} ${definition}`)

  it('written with each change, over restarts, renames and being away; not for the same again or another switch', async () => {
    await register(siem('{"a":1}'), other)
    await commit('e1', 'e2')
    store = await bench.open()
    await register(siem('{"a":1}'), other)
    await register(siem('{"a":1}', { enabled: false }), other)
    expect(rows(1)).toEqual(['1 {"a":1}'])
    await register(siem('{"a":2}'), other)
    await commit('e3')
    await register(other)
    await commit('e4')
    await register(siem('{"a":2}'), other)
    await commit('e5')
    await register(destination('splunk', { definition: '{"a":3}', was: 'siem' }), other)
    expect(rows(1)).toEqual(['1 {"a":1}', '3 {"a":2}', '4 null', '5 {"a":2}', '6 {"a":3}'])
    expect(rows(2)).toEqual(['1 {"name":"other"}'])
  })

  it('goes with the destination', async () => {
    await register(siem('{"a":1}'), other)
    await commit('e1')
    await register(other)
    expect(rows(1)).toHaveLength(2)
    await remove(store, 'siem', START)
    expect(rows(1)).toEqual([])
    expect(rows(2)).toHaveLength(1)
    await store.settle(settlement('other', { settled: live([1, 2]), delivered: new Map([['app', 1]]) }), START)
    if (bench.path === undefined) return
    const reader = await openSqliteReader(bench.path)
    expect((await reader.check()).faults).toEqual([])
    await reader.close()
  })
})
