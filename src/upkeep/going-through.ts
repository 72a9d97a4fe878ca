// Replays and purges: goes through what was chosen a stretch at a time, as fast as was asked. One is done when nothing of it waits, which
// the state itself notices.
import type { Clock } from '../runtime/clock.ts'
import { isGoneThrough, isUnderWay, unsettledOf } from '../store/going-through.ts'
import type { Asked, StoredRequest } from '../store/requests.ts'
import type { Store } from '../store/store.ts'
import { Pace } from './pace.ts'

/** Dead letters moved in one transaction: short enough that nobody waits for it. */
const chunkLetters = 200
/** Events of a replay that wait at once, but for the last page: ten million of them must not fill what is kept of a queue. */
const aheadEvents = 10_000
const paceEveryMs = 100

const kinds = ['replay_dead_letters', 'purge_dead_letters', 'replay_events'] as const

export type MovingAsked = Extract<Asked, { kind: (typeof kinds)[number] }>

export function isMoving(asked: Asked): asked is MovingAsked {
  return (kinds as readonly string[]).includes(asked.kind)
}

export interface GoingThroughParts {
  readonly store: Store
  readonly clock: Clock
  readonly destinations: {
    /** Stops what delivers there while `work` changes the state. */
    with<Result>(name: string, work: () => Promise<Result>): Promise<Result>
    lookAgain(name: string): void
  }
}

/** Takes up to so many more, and returns the request as it is then. */
type Take = (limit: number) => Promise<StoredRequest>

/** Goes on until everything is taken, or `drain`. Throws `ControlError` where it cannot go on. */
export function goThrough(
  request: StoredRequest,
  asked: MovingAsked,
  parts: GoingThroughParts,
  drain: AbortSignal,
): Promise<void> {
  const { store, clock, destinations } = parts
  const { id } = request
  switch (asked.kind) {
    case 'purge_dead_letters':
      return repeat(request, { perSecond: null, clock }, drain, (limit) =>
        store.purgeDeadLetters(id, Math.min(chunkLetters, limit), clock.now()),
      )
    case 'replay_dead_letters': {
      const { letters, to } = asked
      const concerned = to === null ? letters.map(({ destination }) => destination) : [to]
      return repeat(request, { perSecond: asked.perSecond, clock }, drain, async (limit) => {
        const after = await store.takeDeadLetters(id, Math.min(chunkLetters, limit), clock.now())
        for (const name of concerned) destinations.lookAgain(name)
        return after
      })
    }
    case 'replay_events':
      return repeat(request, { perSecond: asked.perSecond, clock }, drain, takeEvents(request, asked, parts))
  }
}

async function repeat(
  request: StoredRequest,
  { perSecond, clock }: { perSecond: number | null; clock: Clock },
  drain: AbortSignal,
  take: Take,
): Promise<void> {
  const pace = new Pace(perSecond, clock.monotonic())
  let gone = goneOf(request)
  // Who is left out is not sent, and uses up nothing of the rate.
  let { taken } = request.counts
  while (!drain.aborted) {
    const before = gone
    const limit = pace.allowed(clock.monotonic())
    if (limit > 0) {
      const after = await take(limit)
      gone = goneOf(after)
      pace.spend(after.counts.taken - taken)
      taken = after.counts.taken
      // What a replay of events chooses is known once it has begun.
      if (!isUnderWay(after) || (after.counts.chosen > 0 && isGoneThrough(after.counts))) return
    }
    await clock.sleep(perSecond === null && gone > before ? 0 : paceEveryMs, drain).catch(() => {})
  }
}

function goneOf({ counts: { taken, skipped } }: StoredRequest): number {
  return taken + skipped
}

/** Its queue is begun anew, so whoever delivers there must read it anew; from then on it is only filled. */
function takeEvents(
  request: StoredRequest,
  { destination }: Extract<Asked, { kind: 'replay_events' }>,
  { store, clock, destinations }: GoingThroughParts,
): Take {
  const { id } = request
  const take = (limit: number): Promise<StoredRequest> => store.takeKept(id, limit, clock.now())
  let latest = request
  return async (given) => {
    const limit = Math.min(given, Math.max(aheadEvents - unsettledOf(latest.counts), 0))
    if (latest.state !== 'asked') latest = await take(limit)
    else {
      // Refused here, or too early, nobody has been stopped for it.
      latest = await take(0)
      if (!(await isItsTurn(id, destination, store)) || !(await store.canBegin(id))) return latest
      latest = await destinations.with(destination, () => take(limit))
    }
    destinations.lookAgain(destination)
    return latest
  }
}

/** One at a time for each destination, in the order of their numbers. */
async function isItsTurn(id: number, destination: string, store: Store): Promise<boolean> {
  const open = await store.openRequests()
  return !open.some(
    ({ asked, id: other }) => asked.kind === 'replay_events' && asked.destination === destination && other < id,
  )
}
