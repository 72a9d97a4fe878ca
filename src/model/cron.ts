// Cron expressions, in UTC: five fields, or six with seconds first.
import { Cron } from 'croner'

/** The first tick after `after` (ms), or null when there is none. */
export function tickAfter(expression: string, after: number): number | null {
  return parsed(expression).nextRun(new Date(after))?.getTime() ?? null
}

/** What is wrong with the expression; undefined when it ticks. */
export function cronFault(expression: string, now: number): string | undefined {
  try {
    if (tickAfter(expression, now) === null) return 'this expression never comes true'
    return undefined
  } catch {
    return 'expected a cron expression such as "*/5 * * * *" (minute, hour, day of month, month, day of week)'
  }
}

function parsed(expression: string): Cron {
  return new Cron(expression, { timezone: 'UTC', paused: true, mode: '5-or-6-parts' })
}
