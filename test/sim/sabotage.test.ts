// The checker checked: relays that are broken on purpose, each of which the oracle must notice.
import { expect, it } from 'vitest'
import { DELIVERED, type Outcome } from '../../src/model/verdict.ts'
import type { Destination } from '../../src/destinations/destination.ts'
import type { PageCommit, Settlement, Store } from '../../src/store/store.ts'
import { noticesOfDeaths } from '../../src/store/notices.ts'
import { changed } from './changed.ts'
import { type Sabotage, simulate } from './simulate.ts'

/** A healthy relay passes all of these seeds (see simulation.test.ts); a broken one must fail at least one. */
const seeds = 300

const variants: Record<string, Sabotage> = {
  'the cursor is saved before the page': {
    store: (store, clock) =>
      committing(store, async (commit, now) => {
        await store.saveCursors(commit.source, commit.lane, commit.cursors, now)
        await clock.sleep(500)
        return store.commitPage(commit, now)
      }),
  },
  'the page is committed twice': {
    store: (store) =>
      committing(store, async (commit, now) => {
        await store.commitPage(withoutIdentity(commit), now)
        return store.commitPage(withoutIdentity(commit), now)
      }),
  },
  'the last event of each page is forgotten': {
    store: (store) => committing(store, (commit, now) => store.commitPage(withoutLast(commit), now)),
  },
  'repeats are not recognised': {
    store: (store) => committing(store, (commit, now) => store.commitPage(withoutIdentity(commit), now)),
  },
  'filters let everything pass': {
    store: (store) => committing(store, (commit, now) => store.commitPage(routedToAll(commit), now)),
  },
  'events are settled before they are sent': { destination: (destination) => sending(destination, sentLater) },
  'a refused event counts as delivered': { destination: (destination) => sending(destination, refusalsForgotten) },
  'every request is sent twice': {
    destination: (destination) => sending(destination, (send) => send().then(() => send())),
  },
  'events that must be tried again are forgotten': {
    store: (store) => settling(store, (settlement) => ({ ...settlement, retrying: [] })),
  },
  'dead letters are not kept': { store: (store) => settling(store, (settlement) => ({ ...settlement, dead: [] })) },
  'nothing is remembered of a delivery': {
    store: (store) => settling(store, (settlement) => ({ ...settlement, settled: [], delivered: new Map() })),
  },
  'own events go to whom they are about': {
    store: (store) => committingOwn(store, (commit, now) => store.commitPage(routedToAll(commit), now)),
  },
  'own events are forgotten': {
    store: (store) =>
      committingOwn(store, (commit, now) => store.commitPage({ ...commit, routing: routedToNone(commit) }, now)),
  },
  'deaths are told as soon as they are provisional': {
    store: (store) =>
      settling(store, (settlement) => ({
        ...settlement,
        notices: noticesOfDeaths(
          settlement.destination,
          settlement.dead.filter(({ provisional }) => provisional),
        ),
      })),
  },
  'a byte of an event is changed': {
    destination: (destination) => ({
      ...destination,
      send: (batch, signal) => {
        const events = batch.events.map((event) => ({
          ...event,
          bytes: Uint8Array.from(event.bytes, (byte) => (byte === 0x7a ? 0x79 : byte)),
        }))
        return destination.send({ ...batch, events }, signal)
      },
      close: () => destination.close(),
    }),
  },
}

it.each(Object.entries(variants))('%s: noticed', async (_, sabotage) => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { faults } = await simulate(seed, sabotage)
    if (faults.length > 0) return
  }
  expect.fail(`${seeds} histories passed although the relay was broken`)
})

type Commit = Store['commitPage']

/** Changes how pages of the source are committed. */
function committing(store: Store, commitPage: Commit): Store {
  return changed(store, {
    commitPage: (commit, now) => (commit.source === 'relay' ? store.commitPage(commit, now) : commitPage(commit, now)),
  })
}

/** Changes how pages of the relay's own events are committed. */
function committingOwn(store: Store, commitPage: Commit): Store {
  return changed(store, {
    commitPage: (commit, now) => (commit.source === 'relay' ? commitPage(commit, now) : store.commitPage(commit, now)),
  })
}

function routedToNone({ routing }: PageCommit): PageCommit['routing'] {
  return routing.map(({ destination, bitmap }) => ({ destination, bitmap: new Uint8Array(bitmap.length), matched: 0 }))
}

function settling(store: Store, change: (settlement: Settlement) => Settlement): Store {
  return changed(store, { settle: (settlement, now) => store.settle(change(settlement), now) })
}

function sending(
  destination: Destination,
  around: (send: () => Promise<Outcome>, count: number) => Promise<Outcome>,
): Destination {
  return {
    send: (batch, signal) => around(() => destination.send(batch, signal), batch.events.length),
    close: () => destination.close(),
  }
}

function sentLater(send: () => Promise<Outcome>, count: number): Promise<Outcome> {
  send().catch(() => {})
  return Promise.resolve({ verdicts: Array.from({ length: count }, () => DELIVERED) })
}

async function refusalsForgotten(send: () => Promise<Outcome>): Promise<Outcome> {
  const outcome = await send()
  if (!('verdicts' in outcome)) return outcome
  return { verdicts: outcome.verdicts.map((verdict) => (verdict.kind === 'reject' ? DELIVERED : verdict)) }
}

function withoutIdentity(commit: PageCommit): PageCommit {
  const keys = commit.page.keys.map((byte, index) => byte ^ ((counter + index) * 31))
  counter++
  return { ...commit, page: { ...commit.page, keys } }
}
let counter = 1

function withoutLast(commit: PageCommit): PageCommit {
  const last = commit.page.count - 1
  if (last < 3) return commit
  const routing = commit.routing.map((route) => {
    const bitmap = Uint8Array.from(route.bitmap)
    const bit = 1 << (last & 7)
    const was = ((bitmap[last >> 3] ?? 0) & bit) !== 0
    bitmap[last >> 3] = (bitmap[last >> 3] ?? 0) & ~bit
    return { ...route, bitmap, matched: route.matched - (was ? 1 : 0) }
  })
  return { ...commit, routing }
}

function routedToAll(commit: PageCommit): PageCommit {
  const { count } = commit.page
  const bitmap = new Uint8Array((count + 7) >> 3)
  for (let index = 0; index < count; index++) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7))
  return { ...commit, routing: commit.routing.map(({ destination }) => ({ destination, bitmap, matched: count })) }
}
