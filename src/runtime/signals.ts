// Signals of the operating system, as the two that the relay knows: drain (no new work) and abort (now).
import type { Clock } from './clock.ts'

export interface StopSignals {
  /** Take no new work. */
  readonly drain: AbortSignal
  /** Leave what is in flight: the grace period is over, or a second signal came. */
  readonly abort: AbortSignal
  /** The signal that asked, once one has. */
  readonly why: () => string | undefined
  /** Asks for the same from inside. */
  stop(why: string): void
  dispose(): void
}

/** Listens for SIGTERM, SIGINT and SIGHUP. A hang-up never stops anything; it calls `hangup`. */
export function watchSignals(clock: Clock, graceMs: number, hangup: () => void): StopSignals {
  const drain = new AbortController()
  const abort = new AbortController()
  const done = new AbortController()
  let why: string | undefined
  const stop = (cause: string) => {
    if (drain.signal.aborted) return abort.abort()
    why = cause
    drain.abort()
    clock.sleep(graceMs, done.signal).then(
      () => abort.abort(),
      () => {},
    )
  }
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', hangup)
  return {
    drain: drain.signal,
    abort: abort.signal,
    why: () => why,
    stop,
    dispose() {
      done.abort()
      process.off('SIGTERM', stop).off('SIGINT', stop).off('SIGHUP', hangup)
    },
  }
}
