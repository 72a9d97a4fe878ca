// A state on the disk and a reader beside its holder, for tests of what commands read.
import { openSqliteReader } from '../../../../src/store/sqlite/reader.ts'
import type { StoreReader } from '../../../../src/store/store.ts'
import { BENCHES, type StoreBench } from '../../../contract/store-openers.ts'

/** A state on the disk. */
export function sqliteBench(bounds?: Parameters<NonNullable<(typeof BENCHES)['sqlite']>>[0]): StoreBench {
  return (BENCHES['sqlite'] as NonNullable<(typeof BENCHES)['sqlite']>)(bounds)
}

/** What `look` sees through a reader of its own. */
export async function reading<Result>(
  bench: StoreBench,
  look: (reader: StoreReader) => Promise<Result>,
): Promise<Result> {
  const reader = await openSqliteReader(bench.path as string)
  try {
    return await look(reader)
  } finally {
    await reader.close()
  }
}
