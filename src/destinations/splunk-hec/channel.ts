// A channel of acknowledgements: which requests in it are not acknowledged yet, and whether its numbers can be believed. A collector
// counts the requests of a channel from 0 and begins again when it is restarted, and each of several collectors behind one address
// counts for itself. A number that comes a second time would confirm the wrong request, so that it confirms none.
import type { Verdict } from '../../model/verdict.ts'

export interface Outstanding {
  /** Monotonic. */
  readonly deadline: number
  /** The verdicts that hold when it is acknowledged. */
  readonly verdicts: readonly Verdict[]
  readonly settle: (verdicts: readonly Verdict[]) => void
}

/** Replies of requests that run at the same time overtake one another by no more than this. */
const mostAhead = 4_096

export class Channel {
  /** A GUID, as "About HTTP Event Collector Indexer Acknowledgment" asks for. */
  readonly id: string
  readonly outstanding = new Map<number, Outstanding>()
  /** No new request goes into it. */
  retired = false
  /** How many of its requests had no answer of the collector. */
  unanswered = 0
  /** Its requests whose answers are not dealt with yet; each resolves when its answer is. */
  readonly underWay = new Set<Promise<void>>()
  /** Every number below has been given out. */
  #next = 0
  readonly #ahead = new Set<number>()

  constructor(id: string) {
    this.id = id
  }

  /**
   * Whether a number may stand for two requests. Had the collector been restarted, the requests whose answers were lost would have
   * been given the first numbers again.
   */
  mayRepeat(ackId: number): boolean {
    return ackId < this.unanswered
  }

  /**
   * Whether what is said about a number now may be about a request under way, which has been given it again behind a restart. What
   * those are answered tells: the same numbers, none, or others.
   */
  mayBeAnother(ackId: number): boolean {
    return ackId < this.unanswered + this.underWay.size
  }

  /** A request begins; the function that is returned is called when its answer has been dealt with, or that it has none. */
  begin(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.underWay.add(promise)
    return () => {
      this.underWay.delete(promise)
      resolve()
    }
  }

  /** False when the number was given out before. */
  take(ackId: number): boolean {
    if (ackId < this.#next || this.#ahead.has(ackId)) return false
    this.#ahead.add(ackId)
    while (this.#ahead.delete(this.#next)) this.#next++
    if (this.#ahead.size > mostAhead) this.retired = true
    return true
  }
}

/** `hex`: 32 digits. As random GUIDs (RFC 9562, version 4) are written. */
export function guid(hex: string): string {
  const variant = ((parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
