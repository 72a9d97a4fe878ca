// Signals of the operating system, as the two that the relay knows: drain (no new work) and abort (now).
import type { Clock } from './clock.ts'

export interface StopSignals {
  /** Take no new work. */
  readonly drain: AbortSignal
  /** Leave what is in flight: the grace period is over, or a second signal came. */
  readonly abort: AbortSignal
  /** The signal that asked, once one has. */
  readonly why: () => string | undefined
  /** Whom a hang-up is told from now on. */
  onHangup(heard: () => void): void
  dispose(): void
}

/** Listens for SIGTERM, SIGINT and SIGHUP, from now on. A hang-up never stops anything. */
export function watchSignals(clock: Clock, graceMs: number): StopSignals {
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
  let listener = (): void => {}
  const hangup = (): void => listener()
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', hangup)
  return {
    drain: drain.signal,
    abort: abort.signal,
    why: () => why,
    onHangup(heard) {
      listener = heard
    },
    dispose() {
      done.abort()
      process.off('SIGTERM', stop).off('SIGINT', stop).off('SIGHUP', hangup)
    },
  }
}
