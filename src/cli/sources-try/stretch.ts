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
  const newest = wholeSecond(now - settings.settleMs)
  const usual = Math.min(hourMs, settings.maxWindowMs)
  const start = from === undefined ? undefined : wholeSecond(from)
  const end = to === undefined ? Math.max(newest, (start ?? -Infinity) + 1) : wholeSecond(to + 999)
  return within({ from: start ?? end - usual, to: end }, settings)
}

/** As the relay asks: bounds that are whole seconds need no rounding, which would make a window wider than `max_window`. */
function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}

function within({ from: start, to: end }: Window, settings: WindowDefaults): Stretch {
  if (end - start <= settings.maxWindowMs) return { window: { from: start, to: end }, note: '' }
  return {
    window: { from: start, to: start + settings.maxWindowMs },
    note: 'the beginning of what you asked for: the relay reads no wider window at once (max_window)',
  }
}
