// The checker of operators' doings checked: relays that are broken on purpose, each of which the oracle must notice. What each breaks keeps the
// relay's own counts in balance wherever it can, for the oracle must not lean on those.
import { expect, it } from 'vitest'
import type { Seq } from '../../src/model/page.ts'
import type { ControlAsked } from '../../src/store/control.ts'
import type { MemoryDestination, MemoryRequest, MemoryState } from '../../src/store/memory/memory-state.ts'
import { waitingFor } from '../../src/store/memory/waiting.ts'
import type { StoredRequest } from '../../src/store/requests.ts'
import type { Store } from '../../src/store/store.ts'
import { changed } from './changed.ts'
import { simulateOperated } from './operated.ts'
import type { Sabotage } from './simulate.ts'

/** A healthy relay passes all of these seeds (see operated.test.ts); a broken one must fail at least one. */
const seeds = 150

/** Everything about a destination that is counted, less by so many: the balance holds. */
function forget(destination: MemoryDestination, count: number): void {
  destination.dropped -= count
  destination.routed -= count
  destination.offered -= count
}

function retryingOf({ exceptions }: MemoryDestination): number {
  return [...exceptions.values()].filter(({ nextAt }) => nextAt !== null).length
}

/** Lets what waits go by, counted as dropped so that the balance holds. */
function skipWaiting(state: MemoryState, destination: MemoryDestination): void {
  destination.dropped += [...waitingFor(state, destination)].length
  for (const queue of ['live', 'catch_up', 'replay'] as const)
    destination.queues.set(queue, { position: state.nextSeq, above: [] })
}

type AskedOf<Kind extends ControlAsked['kind']> = Extract<ControlAsked, { kind: Kind }>

/** A store that does what is asked of one kind in its own way. */
function controlled<Kind extends ControlAsked['kind']>(
  store: Store,
  state: MemoryState,
  kind: Kind,
  done: (
    given: { readonly request: MemoryRequest; readonly asked: AskedOf<Kind>; readonly now: number },
    control: () => Promise<StoredRequest>,
  ) => Promise<StoredRequest>,
): Store {
  return changed(store, {
    control: async (id, configured, now) => {
      const control = (): Promise<StoredRequest> => store.control(id, configured, now)
      const request = state.requests.find((one) => one.id === id)
      if (request?.asked.kind !== kind) return control()
      return done({ request, asked: request.asked as AskedOf<Kind>, now }, control)
    },
  })
}

const variants: Record<string, NonNullable<Sabotage['store']>> = {
  'a discard loses the count of the retry queue': (store, _, state) =>
    controlled(store, state, 'disable_destination', async ({ asked }, control) => {
      const one = state.destinations.find(({ known }) => known.name === asked.destination)
      const retrying = one ? retryingOf(one) : 0
      const done = await control()
      if (one && asked.discard) forget(one, retrying)
      return done
    }),
  'a discard delivers what comes all the same': (store, _, state) =>
    controlled(store, state, 'disable_destination', async ({ asked }, control) => {
      const done = await control()
      const one = state.destination(asked.destination)
      one.known = { ...one.known, discard: false }
      return done
    }),
  'a destination that is disabled drops what waits': (store, _, state) =>
    controlled(store, state, 'disable_destination', async ({ request, asked }, control) => {
      Object.assign(request, { asked: { ...asked, discard: true } })
      const done = await control()
      Object.assign(request, { asked })
      const one = state.destination(asked.destination)
      one.known = { ...one.known, discard: asked.discard }
      return { ...done, asked }
    }),
  'a destination that is enabled starts from now': (store, _, state) =>
    controlled(store, state, 'enable_destination', async ({ asked }, control) => {
      const done = await control()
      skipWaiting(state, state.destination(asked.destination))
      return done
    }),
  'a replay of kept events leaves out the last one': (store, _, state) =>
    changed(store, {
      takeKept: async (id, limit, now) => {
        const after = await store.takeKept(id, limit, now)
        if (after.asked.kind === 'replay_events') unmarkLast(state, after.asked.destination)
        return after
      },
    }),
  'a replay of dead letters calls the last one skipped': (store, _, state) =>
    changed(store, {
      ask: (asked, by, now) => store.ask(asked, by, now),
      takeDeadLetters: async (id, limit, now) => {
        const request = state.requests.find((one) => one.id === id)
        if (!request || request.place > 0 || limit < 1) return store.takeDeadLetters(id, limit, now)
        request.place++
        request.counts = { ...request.counts, skipped: request.counts.skipped + 1 }
        return store.takeDeadLetters(id, limit, now)
      },
    }),
  'replayed dead letters are forgotten once they are taken': (store, _, state) =>
    changed(store, {
      takeDeadLetters: async (id, limit, now) => {
        const after = await store.takeDeadLetters(id, limit, now)
        for (const one of state.destinations)
          for (const [seq, { request, nextAt }] of one.exceptions)
            if (request === id && nextAt !== null && one.exceptions.delete(seq)) callDelivered(state, one, id)
        return after
      },
    }),
  'a copy of dead letters goes back to its owner': (store, _, state) =>
    changed(store, {
      takeDeadLetters: (id, limit, now) => {
        const request = state.requests.find((one) => one.id === id)
        if (request?.asked.kind === 'replay_dead_letters')
          Object.assign(request, { asked: { ...request.asked, to: null } })
        return store.takeDeadLetters(id, limit, now)
      },
    }),
  'who returns has lost what he missed': (store, _, state) =>
    changed(store, {
      register: async (definitions, now) => {
        const records = await store.register(definitions, now)
        for (const { name, change } of records) if (change === 'returned') state.destination(name).late = []
        return records
      },
    }),
  'who returns gets what he missed without a filter': (store) =>
    changed(store, {
      routeLate: (name, routed, now) => {
        const bitmap = routed.bitmap.map(() => 0xff)
        return store.routeLate(name, { ...routed, bitmap, matched: routed.count }, now)
      },
    }),
  'a new name begins anew': (store) =>
    changed(store, {
      register: (definitions, now) =>
        store.register(
          definitions.map(({ was: _was, ...rest }) => rest),
          now,
        ),
    }),
  'dead letters go at once when their end is announced': (store, _, state) =>
    changed(store, {
      expireDeadLetters: (name, keepMs, now) => {
        const one = state.destination(name)
        if (!one.purge) return store.expireDeadLetters(name, keepMs, now)
        one.purge = { ...one.purge, from: one.purge.before }
        return store.expireDeadLetters(name, 0, now)
      },
    }),
  'dead letters are kept a quarter as long': (store) =>
    changed(store, { expireDeadLetters: (name, keepMs, now) => store.expireDeadLetters(name, keepMs / 4, now) }),
  'a bound takes the newest': (store, _, state) =>
    changed(store, {
      trimBuffer: async (name, now) => {
        const before = [...waitingFor(state, state.destination(name))]
        const trimmed = await store.trimBuffer(name, now)
        if (trimmed.fate === 'dropped') takeNewest(state, name, before)
        return trimmed
      },
    }),
  'a bound drops without a word': (store, _, state) =>
    changed(store, {
      trimBuffer: async (name, now) => {
        const trimmed = await store.trimBuffer(name, now)
        if (trimmed.fate === 'dropped') forget(state.destination(name), trimmed.tooOld + trimmed.beyond)
        return trimmed
      },
    }),
  'a bound of age is half as long': (store, _, state) =>
    changed(store, {
      trimBuffer: async (name, now) => {
        const one = state.destination(name)
        const { buffer } = one.known
        if (buffer?.maxAgeMs) one.known = { ...one.known, buffer: { ...buffer, maxAgeMs: buffer.maxAgeMs / 2 } }
        const trimmed = await store.trimBuffer(name, now)
        one.known = { ...one.known, buffer }
        return trimmed
      },
    }),
  'a purge takes one letter too many': (store, _, state) =>
    changed(store, {
      purgeDeadLetters: async (id, limit, now) => {
        const after = await store.purgeDeadLetters(id, limit, now)
        for (const one of state.destinations) {
          const [seq] = [...one.exceptions].find(([, { nextAt }]) => nextAt === null) ?? []
          if (seq !== undefined && one.exceptions.delete(seq)) one.dropped++
        }
        return after
      },
    }),
  'requests are forgotten by a kill': (store) =>
    changed(store, {
      openRequests: async () => (await store.openRequests()).filter(({ state }) => state === 'asked'),
    }),
  'a request is done without being done': (store, _, state) =>
    controlled(store, state, 'enable_destination', async ({ request, now }) => {
      await store.finishRequest(request.id, { ok: true, text: 'enabled' }, now)
      return request
    }),
}

it.each(Object.entries(variants))('%s: noticed', async (name, store) => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { faults } = await simulateOperated(seed, { store })
    // What the relay's own equations notice proves nothing about the oracle.
    const noticed = faults.filter((fault) => !fault.startsWith('out of balance'))
    if (noticed.length === 0) continue
    if (process.env['SIM_VERBOSE']) console.log(`${name}: seed ${seed}: ${noticed[0]?.slice(0, 200)}`)
    return
  }
  expect.fail(`${seeds} histories passed although the relay was broken`)
})

/** Counts an event as delivered, and as that to the request that took it. */
function callDelivered(state: MemoryState, destination: MemoryDestination, id: number): void {
  destination.delivered++
  const request = state.requests.find((one) => one.id === id)
  if (request) request.counts = { ...request.counts, delivered: request.counts.delivered + 1 }
}

/** Takes the last event that waits to be sent again out of the queue, as if it had been delivered. */
function unmarkLast(state: MemoryState, name: string): void {
  const one = state.destinations.find(({ known }) => known.name === name)
  if (!one) return
  const page = state.pages.findLast(({ replays }) => replays.get(one.known.id)?.some((byte) => byte > 0))
  const bitmap = page?.replays.get(one.known.id)
  if (!bitmap) return
  const byte = bitmap.findLastIndex((bits) => bits > 0)
  const bits = bitmap[byte] as number
  bitmap[byte] = bits & ~(1 << (31 - Math.clz32(bits)))
  callDelivered(state, one, one.replaying ?? 0)
}

/** What a trim took from the front is given back, and as many are taken from the end. */
function takeNewest(state: MemoryState, name: string, before: readonly Seq[]): void {
  const one = state.destination(name)
  const isLive = before.every((seq) => state.pageOf(seq).routing.get(one.known.id)?.queue === 'live')
  const gone = before.length - [...waitingFor(state, one)].length
  const kept = before.slice(0, before.length - gone)
  if (!isLive || gone === 0 || kept.length === 0) return
  const ends = [...kept.slice(1), state.nextSeq]
  const above = kept.map((seq, index) => ({ from: seq + 1, to: ends[index] as Seq }))
  one.queues.set('live', { position: kept[0] as Seq, above: above.filter(({ from, to }) => from < to) })
}
