// What a receiver remembers of each event, and when (monotonic, ms). A key is `data.n` of a true event, or the id of one of the relay's own.
export class Diary {
  /** Every time that it was taken. */
  readonly arrivals = new Map<string, number[]>()
  /** First time that it stood in any request. */
  readonly tried = new Map<string, number>()
  /** First time that it was refused alone. */
  readonly refused = new Map<string, number>()
  /** How often its sender could not know that it was taken. */
  readonly ambiguous = new Map<string, number>()

  isTried(key: string, at: number): void {
    if (!this.tried.has(key)) this.tried.set(key, at)
  }

  isRefused(key: string, at: number): void {
    if (!this.refused.has(key)) this.refused.set(key, at)
  }

  isTaken(key: string, at: number): void {
    const known = this.arrivals.get(key)
    if (known) known.push(at)
    else this.arrivals.set(key, [at])
  }

  isAmbiguous(key: string): void {
    this.ambiguous.set(key, (this.ambiguous.get(key) ?? 0) + 1)
  }

  /** How often it was taken after a moment. */
  takenAfter(key: string, at: number): number {
    return this.arrivals.get(key)?.filter((time) => time > at).length ?? 0
  }
}
