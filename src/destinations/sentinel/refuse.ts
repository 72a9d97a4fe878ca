// Which events Azure would take and spoil, without a word.
import type { BatchEvent } from '../../model/batch.ts'
import { JsonScanner, Scan } from '../../model/json.ts'
import type { Reason } from '../../model/verdict.ts'
import { printable } from '../../runtime/scrub.ts'
import type { SentinelOptions } from './options.ts'

/** "Azure Monitor service limits": 64 KB for the value of a field, the rest is cut off. Bytes, on the safe side. */
export const LONGEST_VALUE = 64_000
const longestName = 60

/** "Standard columns in Azure Monitor Logs": a `TimeGenerated` that is older becomes the time of arrival. */
export const OLDEST_MS = 48 * 3_600_000
/** One that lies further ahead becomes the time of arrival, too; the same page. Such an event is sent all the same. */
export const AHEAD_MS = 24 * 3_600_000

/** Will Azure replace its time? */
export function isOld({ timeMs }: BatchEvent, nowMs: number): boolean {
  return nowMs - timeMs > OLDEST_MS
}

/** Why an event is not sent; undefined: it is. */
export function refuse(event: BatchEvent, options: SentinelOptions, nowMs: number): Reason | undefined {
  if (options.oldEvents === 'dead_letter' && isOld(event, nowMs))
    return {
      code: 'too_old',
      text: 'older than 48 hours: Azure would file it under the time of its arrival (old_events)',
    }
  if (options.longValues === 'dead_letter' && event.end - event.start > LONGEST_VALUE) return longValue(event)
  return undefined
}

function longValue({ bytes, start, end }: BatchEvent): Reason | undefined {
  const scanner = new JsonScanner()
  if (scanner.scan(bytes, start, end) !== Scan.ok) return undefined
  for (let at = 0; at < scanner.memberCount * 4; at += 4) {
    const [keyStart = 0, keyEnd = 0, valueStart = 0, valueEnd = 0] = scanner.members.slice(at, at + 4)
    if (valueEnd - valueStart <= LONGEST_VALUE) continue
    const name = printable(Buffer.from(bytes.subarray(keyStart, keyEnd)).toString()).slice(0, longestName)
    const text = `${name} has ${valueEnd - valueStart} bytes: Azure would cut it off at 64 KB (long_values)`
    return { code: 'long_value', text }
  }
  return undefined
}
