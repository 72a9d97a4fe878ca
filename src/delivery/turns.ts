// Whose turn it is: `live` first, with a small guaranteed share for what must not starve behind it.
import type { Queue } from '../store/store.ts'

export type Supply = Queue | 'retry'

const liveFirst: readonly Supply[] = ['live', 'retry', 'catch_up', 'replay']
const retryFirst: readonly Supply[] = ['retry', 'live', 'catch_up', 'replay']
const catchUpFirst: readonly Supply[] = ['catch_up', 'replay', 'live', 'retry']
const replayFirst: readonly Supply[] = ['replay', 'catch_up', 'live', 'retry']

/** The order in which supplies are asked for batch number `turn`: of ten batches one belongs to the slow queues, two to retries. */
export function order(turn: number): readonly Supply[] {
  const place = turn % 10
  if (place === 9) return turn % 20 === 9 ? catchUpFirst : replayFirst
  return place === 3 || place === 6 ? retryFirst : liveFirst
}

/** During an outage trials are taken in turn from the queues and the retry queue, so that none of them speaks for all. */
export function trialOrder(turn: number): readonly Supply[] {
  return [liveFirst, retryFirst, catchUpFirst, retryFirst, replayFirst][turn % 5] as readonly Supply[]
}
