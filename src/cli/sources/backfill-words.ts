// What is said of a backfill: how far it is, what it has done, and its machine form, whose names are a promise to scripts.
import { isoTime } from '../../runtime/clock.ts'
import { NOTHING_BACKFILLED } from '../../store/backfilling.ts'
import type { Asked, StoredRequest } from '../../store/requests.ts'
import { counted, countText, durationText } from '../../telemetry/units.ts'
import { readText } from '../../upkeep/backfills.ts'
import type { Words } from '../dlq/asking.ts'
import { whole } from '../replay-plan.ts'

export type BackfillAsked = Extract<Asked, { kind: 'backfill' }>

/** Far enough along for its speed to tell how long the rest will take. */
const tellingShare = 0.005

/** The time that is left follows from how fast it has been since the first look; `monotonic` in ms. */
export function backfillWords(source: string, monotonic: () => number): Words {
  let first: { readonly at: number; readonly covered: number } | undefined
  const left = (covered: number): string => {
    first ??= { at: monotonic(), covered }
    const done = covered - first.covered
    if (done < tellingShare || covered >= 1) return ''
    return `, about ${durationText(((monotonic() - first.at) / done) * (1 - covered))} left`
  }
  return {
    far: (request) => {
      const { backfilled } = request
      if (!backfilled) return 'asked; it has not begun yet'
      return farText(request) + (backfilled.trouble === null ? left(backfilled.covered) : '')
    },
    done: ({ backfilled }) => readText(backfilled),
    json: backfillJson,
    look: `audit-relay sources show ${source}`,
  }
}

/** `43% of the period read, 5 pages: 1,000 new, 20 known already, 0 quarantined`; and why it rests. */
export function farText({ backfilled = NOTHING_BACKFILLED }: StoredRequest): string {
  const { covered, pages, new: found, known, quarantined, trouble } = backfilled
  const share = `${Math.floor(covered * 100)}% of the period read, ${counted(pages, 'page')}`
  const what = `${countText(found)} new, ${countText(known)} known already, ${countText(quarantined)} quarantined`
  return `${share}: ${what}${trouble === null ? '' : `; rests: ${trouble}`}`
}

/** `2026-05-17T00:00:00Z to 2026-05-18T00:00:00Z`. */
export function periodText({ from, to }: Pick<BackfillAsked, 'from' | 'to'>): string {
  return `${whole(from)} to ${whole(to)}`
}

export function backfillJson({ id, at, by, asked, state, backfilled, text, finishedAt }: StoredRequest): object {
  const { source, from, to, perSecond, again } = asked as BackfillAsked
  const { pages, new: found, known, quarantined, covered, trouble } = backfilled ?? NOTHING_BACKFILLED
  return {
    id,
    source,
    from: isoTime(from),
    to: isoTime(to),
    per_second: perSecond,
    again,
    at: isoTime(at),
    by,
    state,
    covered,
    counts: { pages, read: found + known + quarantined, new: found, known, quarantined },
    trouble,
    text,
    finished_at: finishedAt === null ? null : isoTime(finishedAt),
  }
}
