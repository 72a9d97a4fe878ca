// Takes the state and gets done here what a relay that runs would do.
import type { RelayConfig } from '../config/config.ts'
import { Fleet } from '../delivery/fleet.ts'
import { ControlError, StateHeldError } from '../model/errors.ts'
import { Pollers } from '../polling/pollers.ts'
import { watchSignals } from '../runtime/signals.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import { readingIn } from './sources/view.ts'
import { openSqliteRequester } from '../store/sqlite/requesting.ts'
import type { Asked, Requester, StoredRequest } from '../store/requests.ts'
import type { Store } from '../store/store.ts'
import { Requests } from '../upkeep/requests.ts'
import { bringIntoForce } from './bring-into-force.ts'
import { composeRelay } from './compose.ts'
import { follow, type Following, known } from './follow.ts'
import { stall } from './stalling.ts'
import { createOutputLog } from './stderr-log.ts'
import type { World } from './world.ts'

/** What is asked, of which state, and by whom. */
export interface Errand {
  readonly asked: Asked
  readonly by: string
  readonly path: string
  readonly config: RelayConfig | undefined
  readonly world: World
  readonly following: Following
}

const lasting: ReadonlySet<Asked['kind']> = new Set(['replay_dead_letters', 'replay_events', 'backfill'])
const usualWaitMs = 60_000
const graceMs = 10_000

/** How far somebody has come who wants it done: written down under this number, or over. */
export interface Asking {
  readonly id?: number
  readonly over?: StoredRequest
}

export function pending(id: number | undefined): Asking {
  return id === undefined ? {} : { id }
}

/** Whether it takes no longer than the state takes to write it: nothing is delivered for it. */
export function isBrief(asked: Asked): boolean {
  return !lasting.has(asked.kind)
}

/** `before`: the number under which it is written down already. Not over when another process took the state first. */
export async function doHere(errand: Errand, before: number | undefined): Promise<Asking> {
  const { asked, by, path, world, following } = errand
  const store = await openHere(errand)
  if (!store) return pending(before)
  const { clock } = world
  try {
    const id = before ?? (await store.ask(asked, by, clock.now()))
    const requester = await openSqliteRequester(path)
    try {
      if (following.wait === false) return { over: await known(requester, id) }
      const work = isBrief(asked) ? carryOut : deliver
      return { over: await work(store, requester, id, errand) }
    } finally {
      await requester.close()
    }
  } finally {
    await store.close(clock.now())
  }
}

async function openHere({ path, config, world: { clock } }: Errand): Promise<Store | undefined> {
  // Without the configuration its bounds are unknown, and none is needed: nothing is read.
  const { maxBytes, keepMs, reserveBytes } = config?.state ?? { maxBytes: Infinity, keepMs: Infinity, reserveBytes: 0 }
  try {
    return await openSqliteStore({ path, bounds: { maxBytes, keepMs }, reserveBytes, newState: false, clock })
  } catch (error) {
    if (error instanceof StateHeldError) return undefined
    throw error
  }
}

/** What needs no delivery. */
async function carryOut(store: Store, requester: Requester, id: number, errand: Errand): Promise<StoredRequest> {
  const { config, world } = errand
  const { clock } = world
  const configured = config?.sources.map(({ name }) => name) ?? []
  const fleet = new Fleet({ store, clock, make: () => undefined, enabled: [] })
  const requests = new Requests({
    store,
    clock,
    destinations: fleet,
    sources: new Pollers({ store, clock, pollers: [], configured, readingOf: readingIn(config) }),
  })
  const drain = new AbortController()
  try {
    const step = () => requests.step(drain.signal).then(() => false)
    await step()
    return await follow(requester, id, errand, step)
  } finally {
    drain.abort()
    await requests.finish()
  }
}

/**
 * A replay: only the destinations concerned run, and nothing is read, until it is done or makes no progress any more. A backfill: the relay
 * as a whole, but that it reads nothing else.
 */
async function deliver(store: Store, requester: Requester, id: number, errand: Errand): Promise<StoredRequest> {
  const { asked, config, world, following } = errand
  const { clock } = world
  if (!config)
    throw new ControlError('no relay runs, and to deliver here the configuration is needed: leave out --state')
  const secrets = () => config.destinations.flatMap((destination) => destination.secrets())
  const log = createOutputLog(world.stderr, { format: 'auto', level: 'error', clock, secrets })
  const { thread, enabled } =
    asked.kind === 'backfill'
      ? await bringIntoForce(store, config, { clock, telemetry: log })
      : { thread: undefined, enabled: await concernedBy(asked, store, clock.now()) }
  const reading = thread && { open: thread.open, pull: false }
  const relay = composeRelay({ store, config, clock, telemetry: log, enabled, ...reading, tick: () => log.tick() })
  const signals = watchSignals(clock, graceMs)
  const done = new AbortController()
  const running = relay.run({ drain: AbortSignal.any([signals.drain, done.signal]), abort: signals.abort })
  const stalled = stall(following.maxWaitMs ?? usualWaitMs, clock)
  const over = async (request: StoredRequest): Promise<boolean> => signals.drain.aborted || stalled(request)
  try {
    const followed = follow(requester, id, errand, over)
    // The relay ends by itself only when it fails.
    await Promise.race([followed, running.then(() => followed), ...(thread ? [thread.died] : [])])
  } finally {
    done.abort()
    try {
      await running
    } finally {
      signals.dispose()
      await thread?.stop()
    }
  }
  return known(requester, id)
}

/** The enabled destinations that a replay goes to. */
async function concernedBy(asked: Asked, store: Store, now: number): Promise<readonly string[]> {
  const { destinations } = await store.overview(now)
  const concerned = targetsOf(asked)
  return destinations.filter(({ name, state }) => state === 'enabled' && concerned.has(name)).map(({ name }) => name)
}

function targetsOf(asked: Asked): ReadonlySet<string> {
  if (asked.kind === 'replay_events') return new Set([asked.destination])
  if (asked.kind !== 'replay_dead_letters') return new Set()
  return new Set(asked.to === null ? asked.letters.map(({ destination }) => destination) : [asked.to])
}
