// Gets something done that only the holder of the state may do: asks the relay that runs and follows it, or, where none runs, takes the
// state and does it here.
import { ControlError, StateHeldError } from '../model/errors.ts'
import { isUnderWay } from '../store/going-through.ts'
import { isStateHeld, NoHolderError, openSqliteRequester } from '../store/sqlite/requesting.ts'
import type { Asked, Requester, StoredRequest } from '../store/requests.ts'
import { type Asking, doHere, type Errand, isBrief, pending } from './do-here.ts'
import { follow, type Following, known } from './follow.ts'
import { openState, type StateFlags } from './open-state.ts'
import { operatingSystemUser } from './operating-system-user.ts'
import type { World } from './world.ts'

/** Two commands can find the state free at once; the one that loses asks the one that won, which may be done by then. */
const races = 20
const betweenRacesMs = 50

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
  // Nothing of the state may be open here while it is taken: that looks into the file by hand, and closing it frees this process's locks.
  await reader.close()
  const errand: Errand = { asked, by: operatingSystemUser(world), path, config, world, following }
  let asking: Asking = {}
  for (let race = 0; race < races; race++) {
    if (race > 0) await world.clock.sleep(betweenRacesMs)
    asking = isStateHeld(path) ? await askThere(errand, asking.id) : await doHere(errand, asking.id)
    if (asking.over) return asking.over
  }
  if (asking.id !== undefined) throw left(asking.id, `the state ${path} changes hands all the time`)
  throw new StateHeldError(`the state ${path} changes hands all the time; try again`)
}

/** Not over when nobody holds the state any more. */
async function askThere(errand: Errand, before: number | undefined): Promise<Asking> {
  const { asked, by, path, world, following } = errand
  let requester: Requester | undefined
  try {
    requester = await openSqliteRequester(path)
    const id = before ?? (await requester.ask(asked, by, world.clock.now()))
    if (following.wait === false) return { over: await known(requester, id) }
    const request = await follow(requester, id, errand, async () => !isStateHeld(path))
    if (!isUnderWay(request)) return { over: request }
    if (isBrief(asked)) return { id }
    throw left(id, 'the relay ended')
  } catch (error) {
    if (error instanceof NoHolderError) return pending(before)
    throw error
  } finally {
    await requester?.close()
  }
}

function left(id: number, why: string): ControlError {
  return new ControlError(
    `${why} before request ${id} was done; it is kept, and the next "audit-relay run" goes on with it`,
  )
}
