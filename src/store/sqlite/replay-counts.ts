// What a settlement tells of replays: of dead letters and of events alike, by request.
import type { Seq } from '../../model/page.ts'
import type { Settlement } from '../store.ts'
import type { DestinationRow } from './destinations.ts'
import { REPLAY, type RoutingRows } from './routing.ts'

/** Adds up, for each request. */
export class ReplayCounts {
  readonly all = new Map<number, { delivered: number; dead: number }>()

  add(request: number | null, what: 'delivered' | 'dead', count = 1): void {
    if (request === null || count === 0) return
    const counts = this.all.get(request) ?? { delivered: 0, dead: 0 }
    counts[what] += count
    this.all.set(request, counts)
  }
}

/** The events of the replay queue that a settlement settles. */
export class Resettled {
  readonly request: number
  readonly #routing: RoutingRows
  readonly #destination: number
  readonly #ranges: Settlement['settled']
  #asideCount = 0

  private constructor(request: number, destination: number, routing: RoutingRows, ranges: Settlement['settled']) {
    this.request = request
    this.#destination = destination
    this.#routing = routing
    this.#ranges = ranges
  }

  /** Null when it settles none, or nobody counts them any more. */
  static of({ id, replaying }: DestinationRow, settled: Settlement['settled'], routing: RoutingRows): Resettled | null {
    if (replaying === null) return null
    const ranges = settled.filter(({ queue }) => queue === 'replay')
    return ranges.length > 0 ? new Resettled(replaying, id, routing, ranges) : null
  }

  /** Whether an event that is set aside is one of them; each is asked about once. */
  takes(seq: Seq): boolean {
    const within = this.#ranges.some(({ range: { from, to } }) => seq >= from && seq < to)
    const isOurs = within && this.#routing.holds(this.#queue, seq)
    if (isOurs) this.#asideCount++
    return isOurs
  }

  /** Those that were not set aside. */
  get delivered(): number {
    const before = (seq: Seq): number => this.#routing.matchedBefore(this.#queue, seq)
    const settled = this.#ranges.reduce((sum, { range: { from, to } }) => sum + before(to) - before(from), 0)
    return settled - this.#asideCount
  }

  get #queue(): { destination: number; queue: number } {
    return { destination: this.#destination, queue: REPLAY }
  }
}
