// When one gives up on a request that makes no progress.
import type { Clock } from '../runtime/clock.ts'
import { NOTHING_BACKFILLED } from '../store/backfilling.ts'
import { unsettledOf } from '../store/going-through.ts'
import type { StoredRequest } from '../store/requests.ts'

/**
 * Whether nothing has changed for so long. Where all that was taken is settled, a rate makes it rest for as long as the last that was taken
 * lasts at that rate: that long is added.
 */
export function stall(maxWaitMs: number, clock: Pick<Clock, 'monotonic'>): (request: StoredRequest) => boolean {
  let text = ''
  let since = clock.monotonic()
  let before: number | undefined
  let grown = 0
  return ({ asked, counts, backfilled }) => {
    const { trouble: _trouble, ...far } = backfilled ?? NOTHING_BACKFILLED
    const now = JSON.stringify([counts, far])
    const taken = counts.taken + far.new + far.known + far.quarantined
    if (now !== text) since = clock.monotonic()
    text = now
    if (before !== undefined && taken > before) grown = taken - before
    before = taken
    const perSecond = 'perSecond' in asked ? asked.perSecond : null
    const restMs = perSecond === null || unsettledOf(counts) > 0 ? 0 : (Math.max(grown, 1) / perSecond) * 1000
    return clock.monotonic() - since >= maxWaitMs + restMs
  }
}
