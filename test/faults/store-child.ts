// A holder in a process of its own, for tests that kill it: `commit` writes pages for ever and says each one once it is committed,
// `idle` opens the state and waits.
import { systemClock } from '../../src/runtime/clock.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { commitOf, destination, live, many, settlement } from '../contract/store-events.ts'

const [verb, path, count = '0'] = process.argv.slice(2) as [string, string, string?]

const store = await openSqliteStore({
  path,
  bounds: { maxBytes: 1e12, keepMs: 1e12 },
  reserveBytes: 0,
  newState: false,
  clock: systemClock,
})
await store.register([destination('siem')], systemClock.now())
process.stdout.write('ready\n')
if (verb === 'commit') await commit(Number(count) || Infinity)
else setInterval(() => {}, 1000)

/** Two transactions a page: the commit, and the settlement of the page before it. */
async function commit(pages: number): Promise<void> {
  for (let page = 0; page < pages; page++) {
    const events = many(`${process.pid}-${page}-`, 20)
    const { seqs } = await store.commitPage(
      commitOf(store, 'app', events, { to: { siem: 'all' }, cursors: [{ part: 'p', value: String(page) }] }),
      systemClock.now(),
    )
    await store.settle(
      settlement('siem', { settled: live([seqs.from, seqs.to]), delivered: new Map([['app', 20]]) }),
      systemClock.now(),
    )
    process.stdout.write(`${seqs.to}\n`)
  }
  process.stdout.write('done\n')
  await store.close(systemClock.now())
}
