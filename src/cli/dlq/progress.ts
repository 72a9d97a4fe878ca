// How far a replay or a purge has come, on stderr: one line that is redrawn on a terminal, else a line now and then.
import type { StoredRequest } from '../../store/requests.ts'
import { countText, durationText } from '../../telemetry/units.ts'
import { cut } from '../text-width.ts'
import type { World } from '../world.ts'
import { waitingOf } from './counts.ts'

const lineEveryMs = 10_000

export interface Progress {
  update(request: StoredRequest): void
  /** Takes the redrawn line away. */
  end(): void
}

/** `far`: what is said of it. */
export function showProgress(
  { stderr, clock }: Pick<World, 'stderr' | 'clock'>,
  far: (request: StoredRequest) => string,
): Progress {
  const width = stderr.columns
  let drawn = false
  let lastAt = clock.monotonic()
  return {
    update(request) {
      const text = far(request)
      if (width !== undefined) {
        stderr.write(`\r\u001b[K${cut(text, width - 1)}`)
        drawn = true
      } else if (clock.monotonic() - lastAt >= lineEveryMs) {
        lastAt = clock.monotonic()
        stderr.write(`${text}\n`)
      }
    },
    end() {
      if (drawn) stderr.write('\r\u001b[K')
      drawn = false
    },
  }
}

/** `perSecond`: the rate that was asked for, from which the time that is left follows. */
export function progressText({ counts, state, asked }: StoredRequest, perSecond: number | null): string {
  const { chosen, taken, skipped, delivered, dead, dropped } = counts
  const gone = taken + skipped
  if (state === 'asked') return 'asked; waiting for the relay to take it up'
  if (asked.kind === 'purge_dead_letters') return `${countText(dropped)} of ${countText(chosen)} removed`
  const left =
    perSecond === null || gone >= chosen ? '' : `, ${durationText(((chosen - gone) / perSecond) * 1000)} left`
  const again = asked.kind === 'replay_events' ? 'dead' : 'dead again'
  const parts = [
    `${countText(delivered)} delivered`,
    `${countText(dead)} ${again}`,
    ...(dropped > 0 ? [`${countText(dropped)} dropped`] : []),
    `${countText(waitingOf(counts))} waiting`,
    ...(skipped > 0 ? [`${countText(skipped)} skipped`] : []),
  ]
  return `${countText(gone)} of ${countText(chosen)} gone through: ${parts.join(', ')}${left}`
}
