// How far into source time a page's identities count as reaching when it is asked whether they may be forgotten. Pure; both stores use it.

/** Clocks differ: events may be from so long after their page's commit. */
const skewMs = 3_600_000

/** What is dated much later than its commit would be remembered for ever, and make everything before it look forgotten. */
export function reachOf({
  lastTime,
  committedAt,
}: {
  readonly lastTime: number
  readonly committedAt: number
}): number {
  return Math.min(lastTime, committedAt + skewMs)
}
