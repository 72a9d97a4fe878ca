// Looks at a request again and again until it is over.
import { StateError } from '../model/errors.ts'
import { isUnderWay } from '../store/going-through.ts'
import type { Requester, StoredRequest } from '../store/requests.ts'
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

/** Returns the request once it is over, or `enough`. */
export async function follow(
  requester: Requester,
  id: number,
  { world: { clock }, following }: { readonly world: World; readonly following: Following },
  enough: (request: StoredRequest) => Promise<boolean>,
): Promise<StoredRequest> {
  let said = ''
  for (;;) {
    const request = await known(requester, id)
    const text = JSON.stringify([request.state, request.counts, request.backfilled])
    if (text !== said) following.progress?.(request)
    said = text
    if (!isUnderWay(request)) return request
    if (await enough(request)) return known(requester, id)
    await clock.sleep(followEveryMs)
  }
}

/** A request that was just asked for. */
export async function known(requester: Requester, id: number): Promise<StoredRequest> {
  const request = await requester.request(id)
  if (!request) throw new StateError(`request ${id} is gone from the state`)
  return request
}
