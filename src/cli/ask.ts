// Gets something done that only the holder of the state may do: asks the relay that runs and follows it, or, where none runs, takes the
// state and does it here.
import { ControlError, StateError, StateHeldError } from '../model/errors.ts'
import { isUnderWay } from '../store/going-through.ts'
import { openSqliteRequester } from '../store/sqlite/requesting.ts'
import type { Asked, Requester, StoredRequest } from '../store/requests.ts'
import { type Asking, doHere, type Errand, isBrief, pending } from './do-here.ts'
import { follow, type Following, known } from './follow.ts'
import { openState, type StateFlags } from './open-state.ts'
import { operatingSystemUser } from './operating-system-user.ts'
import type { World } from './world.ts'

/** Two commands can find the state free at once; the one that loses asks the one that won, which may be done by then. */
const races = 5

/**
 * Has it done, and returns how it stands at the end. What a relay was asked and left undone when it ended is done here; but for a replay,
 * which would keep the next relay out for long: then `ControlError`.
 */
export async function askHolder(
  asked: Asked,
  flags: StateFlags,
  world: World,
  following: Following = {},
): Promise<StoredRequest> {
  const { reader, path, config } = await openState(flags, world)
  const alive: Alive = () => reader.holderAlive()
  const errand: Errand = { asked, by: operatingSystemUser(world), path, config, world, following }
  try {
    let asking: Asking = {}
    for (let race = 0; race < races && !asking.over; race++)
      asking = (await alive()) ? await askThere(errand, asking.id, alive) : await doHere(errand, asking.id)
    if (asking.over) return asking.over
    throw new StateHeldError(`the state ${path} changes hands all the time; try again`)
  } finally {
    await reader.close()
  }
}

type Alive = () => Promise<boolean>

/** Not over when nobody holds the state any more. */
async function askThere(errand: Errand, before: number | undefined, alive: Alive): Promise<Asking> {
  const { asked, by, path, world, following } = errand
  const requester = await openRequester(path, alive)
  if (!requester) return pending(before)
  try {
    const id = before ?? (await requester.ask(asked, by, world.clock.now()))
    if (following.wait === false) return { over: await known(requester, id) }
    const request = await follow(requester, id, errand, async () => !(await alive()))
    if (!isUnderWay(request)) return { over: request }
    if (isBrief(asked)) return { id }
    throw new ControlError(
      `the relay ended before request ${id} was done; it is kept, and the next "audit-relay run" goes on with it`,
    )
  } finally {
    await requester.close()
  }
}

async function openRequester(path: string, alive: Alive): Promise<Requester | undefined> {
  try {
    return await openSqliteRequester(path)
  } catch (error) {
    if (error instanceof StateError && !(await alive())) return undefined
    throw error
  }
}
