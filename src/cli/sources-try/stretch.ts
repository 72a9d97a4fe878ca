// Which time a try asks for: what the command line says, else the newest hour that the relay itself would read by now.
import type { Window, WindowDefaults } from '../../sources/source.ts'

const hourMs = 3_600_000

export interface Asked {
  readonly from: number | undefined
  readonly to: number | undefined
}

export interface Stretch {
  readonly window: Window
  /** What was made of it, in words; empty when it is what was asked for. */
  readonly note: string
}

/** Throws nothing: `from` before `to` is for the caller to see to. `now` is our clock; the source's is not known yet. */
export function stretchOf({ from, to }: Asked, settings: WindowDefaults, now: number): Stretch {
  const newest = now - settings.settleMs
  const usual = Math.min(hourMs, settings.maxWindowMs)
  const end = to ?? Math.max(newest, (from ?? -Infinity) + 1)
  const start = from ?? end - usual
  if (end - start <= settings.maxWindowMs) return { window: { from: start, to: end }, note: '' }
  return {
    window: { from: start, to: start + settings.maxWindowMs },
    note: 'the beginning of what you asked for: the relay reads no wider window at once (max_window)',
  }
}
