// Microseconds since the epoch, the precision of ZITADEL's creation dates. They fit a number exactly until the year 2255.
import { rfc3339Ms } from '../../model/time.ts'

/** Of an RFC 3339 text; NaN when it is none. */
export function microsOf(text: string): number {
  return Math.round(rfc3339Ms(Buffer.from(text), 0, text.length) * 1000)
}

/** RFC 3339 with six digits, UTC. */
export function microText(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000)
  const fraction = String(micros - seconds * 1_000_000).padStart(6, '0')
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`
}
