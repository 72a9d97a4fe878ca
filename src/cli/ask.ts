// Gets something done that only the holder of the state may do: asks the relay that runs and follows it, or, where none runs, takes the
// state and does it here.
import os from 'node:os'
import type { RelayConfig } from '../config/config.ts'
import { Fleet } from '../delivery/fleet.ts'
import { ControlError, StateError, StateHeldError } from '../model/errors.ts'
import { Pollers } from '../polling/pollers.ts'
import { watchSignals } from '../runtime/signals.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import { openSqliteRequester } from '../store/sqlite/requesting.ts'
import type { Asked, Requester, StoredRequest } from '../store/requests.ts'
import type { Store } from '../store/store.ts'
import { isControl } from '../upkeep/control.ts'
import { Requests } from '../upkeep/requests.ts'
import { composeRelay } from './compose.ts'
import { openState, type StateFlags } from './open-state.ts'
import { createOutputLog } from './stderr-log.ts'
import type { World } from './world.ts'

export interface Following {
  /** Called whenever the request has come further. */
  readonly progress?: (request: StoredRequest) => void
  /** `false`: return as soon as it is written down. Default: follow it to its end. */
  readonly wait?: boolean
  /** Where no relay runs: how long to go on delivering without progress before the rest is left to the next run. Default 60 s. */
  readonly maxWaitMs?: number
}

const followEveryMs = 200
const usualWaitMs = 60_000
const graceMs = 10_000
/** Two commands can find the state free at once; the one that loses asks the one that won, which may be done by then. */
const races = 5

/** Has it done, and returns how it stands at the end. Throws `ControlError` when the relay that was asked ended before it was done. */
export async function askHolder(
  asked: Asked,
  flags: StateFlags,
  world: World,
  following: Following = {},
): Promise<StoredRequest> {
  const { reader, path, config } = await openState(flags, world)
  const alive = () => reader.holderAlive()
  const errand: Errand = { asked, by: operatingSystemUser(world), path, config, world, following, alive }
  try {
    for (let race = 0; race < races; race++) {
      const request = (await alive()) ? await askThere(errand) : await doHere(errand)
      if (request) return request
    }
    throw new StateHeldError(`the state ${path} changes hands all the time; try again`)
  } finally {
    await reader.close()
  }
}

interface Errand {
  readonly asked: Asked
  readonly by: string
  readonly path: string
  readonly config: RelayConfig | undefined
  readonly world: World
  readonly following: Following
  readonly alive: () => Promise<boolean>
}

/** Undefined when nobody holds the state any more. */
async function askThere(errand: Errand): Promise<StoredRequest | undefined> {
  const { asked, by, path, world, following, alive } = errand
  const requester = await openRequester(path, alive)
  if (!requester) return undefined
  try {
    const id = await requester.ask(asked, by, world.clock.now())
    const over = async (): Promise<boolean> => {
      if (await alive()) return false
      const { state } = await known(requester, id)
      if (isOver(state)) return true
      throw new ControlError(
        `the relay ended before request ${id} was done; it is kept, and the next "audit-relay run" goes on with it`,
      )
    }
    return following.wait === false ? await known(requester, id) : await follow(requester, id, errand, over)
  } finally {
    await requester.close()
  }
}

async function openRequester(path: string, alive: () => Promise<boolean>): Promise<Requester | undefined> {
  try {
    return await openSqliteRequester(path)
  } catch (error) {
    if (error instanceof StateError && !(await alive())) return undefined
    throw error
  }
}

/** Undefined when another process took the state first. */
async function doHere(errand: Errand): Promise<StoredRequest | undefined> {
  const { asked, by, path, world, following } = errand
  const store = await openHere(errand)
  if (!store) return undefined
  const { clock } = world
  try {
    const id = await store.ask(asked, by, clock.now())
    const requester = await openSqliteRequester(path)
    try {
      if (following.wait === false) return await known(requester, id)
      return isControl(asked) || asked.kind === 'purge_dead_letters'
        ? await carryOut(store, requester, id, errand)
        : await deliver(store, requester, id, errand)
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
  const { clock } = errand.world
  const fleet = new Fleet({ store, clock, make: () => undefined, enabled: [] })
  const requests = new Requests({
    store,
    clock,
    destinations: fleet,
    sources: new Pollers({ store, clock, pollers: [] }),
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

/** A replay: only the destinations concerned run, and nothing is read, until it is done or makes no progress any more. */
async function deliver(store: Store, requester: Requester, id: number, errand: Errand): Promise<StoredRequest> {
  const { asked, config, world, following } = errand
  const { clock } = world
  if (!config)
    throw new ControlError('no relay runs, and to deliver here the configuration is needed: leave out --state')
  const secrets = () => config.destinations.flatMap((destination) => destination.secrets())
  const log = createOutputLog(world.stderr, { format: 'auto', level: 'error', clock, secrets })
  const { destinations } = await store.overview(clock.now())
  const concerned = concernedBy(asked)
  const enabled = destinations.filter(({ name, state }) => state === 'enabled' && concerned.has(name))
  const names = enabled.map(({ name }) => name)
  const relay = composeRelay({ store, config, clock, telemetry: log, enabled: names, tick: () => log.tick() })
  const signals = watchSignals(clock, graceMs)
  const done = new AbortController()
  const running = relay.run({ drain: AbortSignal.any([signals.drain, done.signal]), abort: signals.abort })
  const stalled = stall(following.maxWaitMs ?? usualWaitMs, errand)
  const over = async (request: StoredRequest): Promise<boolean> => signals.drain.aborted || stalled(request)
  try {
    const followed = follow(requester, id, errand, over)
    // The relay ends by itself only when it fails.
    await Promise.race([followed, running.then(() => followed)])
  } finally {
    done.abort()
    await running.finally(() => signals.dispose())
  }
  return known(requester, id)
}

function concernedBy(asked: Asked): ReadonlySet<string> {
  if (asked.kind !== 'replay_dead_letters') return new Set()
  return new Set(asked.to === null ? asked.letters.map(({ destination }) => destination) : [asked.to])
}

/** Whether nothing has changed for so long. */
function stall(maxWaitMs: number, { world: { clock } }: Errand): (request: StoredRequest) => boolean {
  let text = ''
  let since = clock.monotonic()
  return ({ counts }) => {
    const now = JSON.stringify(counts)
    if (now !== text) since = clock.monotonic()
    text = now
    return clock.monotonic() - since >= maxWaitMs
  }
}

/** Looks again and again until the request is over, or `enough`. */
async function follow(
  requester: Requester,
  id: number,
  { world: { clock }, following }: Errand,
  enough: (request: StoredRequest) => Promise<boolean>,
): Promise<StoredRequest> {
  let said = ''
  for (;;) {
    const request = await known(requester, id)
    const text = JSON.stringify([request.state, request.counts])
    if (text !== said) following.progress?.(request)
    said = text
    if (isOver(request.state)) return request
    if (await enough(request)) return known(requester, id)
    await clock.sleep(followEveryMs)
  }
}

async function known(requester: Requester, id: number): Promise<StoredRequest> {
  const request = await requester.request(id)
  if (!request) throw new StateError(`request ${id} is gone from the state`)
  return request
}

function isOver(state: StoredRequest['state']): boolean {
  return state === 'done' || state === 'failed'
}

/** Who asks: the user of this process and, behind sudo, who called it. */
export function operatingSystemUser({ env }: Pick<World, 'env'>): string {
  const user = userName()
  const behind = env['SUDO_USER']
  return behind === undefined || behind === '' || behind === user ? user : `${user} (sudo: ${behind})`
}

function userName(): string {
  try {
    return os.userInfo().username
  } catch {
    // A container may run as a number that has no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
