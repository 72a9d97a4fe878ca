// The exit codes that scripts rely on, and which error ends in which.
import { ConfigError, messageOf, StateHeldError } from '../model/errors.ts'

export const EXIT = { done: 0, failed: 1, usage: 2, unfinished: 3, held: 4, badConfig: 78 } as const

/** For help and documentation. */
export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.done, 'done'],
  [EXIT.failed, 'failed (for run --once: a source could not be read)'],
  [EXIT.usage, 'wrong usage'],
  [EXIT.unfinished, 'run --once ended, but something still waits or retries, an event died, or a signal came'],
  [EXIT.held, 'another relay holds the state'],
  [EXIT.badConfig, 'the configuration is invalid'],
]

export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return EXIT.badConfig
  return error instanceof StateHeldError ? EXIT.held : EXIT.failed
}

/** `audit-relay: what went wrong`, or the whole stack with its causes when asked for. */
export function failureText(error: unknown, withStack: boolean): string {
  if (withStack && error instanceof Error) return `audit-relay: ${stackOf(error)}\n`
  return `audit-relay: ${messageOf(error).replace(/\s*\n\s*/g, ' ')}\n`
}

function stackOf(error: Error): string {
  const own = error.stack ?? String(error)
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own
}
