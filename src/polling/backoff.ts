// How long a source rests after a pull that failed.
import { SetupError, SourceError, StateFullError } from '../model/errors.ts'

const firstMs = 1000
const longestMs = 60_000
/** A person must act first; looked at again in case they did. */
const deniedMs = 60_000
/** Room comes back as soon as destinations deliver. */
const fullMs = 2000
const shortestLimitMs = 1000
const longestLimitMs = 3_600_000

/** Milliseconds until the next pull after the `failures`-th failure in a row (counted from 1). */
export function failureDelayMs(error: SourceError | SetupError | StateFullError, failures: number): number {
  if (error instanceof StateFullError) return fullMs
  if (error instanceof SetupError || error.kind === 'denied') return deniedMs
  const ownMs = Math.min(firstMs * 2 ** Math.min(failures - 1, 10), longestMs)
  if (error.kind === 'limited' && error.afterMs !== undefined)
    return Math.min(Math.max(error.afterMs, shortestLimitMs), longestLimitMs)
  return ownMs
}
