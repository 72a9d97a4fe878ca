// What remains to be said of a backfill's parts when each of them was read as far as it could be: whoever reads the cursors sees by them
// which parts there are, and which have come to the end.
import { SourceError } from '../model/errors.ts'
import type { PageDraft } from '../sources/page-draft.ts'
import type { SourceNotice } from '../sources/source.ts'
import type { LaneStates } from './lanes.ts'
import type { LanePage } from './stretch.ts'

interface Around {
  readonly lane: string
  readonly states: LaneStates
  newPage(): PageDraft
  notice(notice: SourceNotice): void
}

/** Throws `SourceError` when there is no part: then nothing was read. */
export function* endsOfParts(listed: readonly string[], { lane, states, ...tools }: Around): Generator<LanePage, void> {
  if (listed.length === 0)
    throw new SourceError('transient', 'the source lists no parts at present, so that there is nothing to read')
  for (const part of states.partsOf(lane)) {
    if (!listed.includes(part)) {
      tools.notice(goneNotice(part))
      states.forget(lane, part)
    }
    const cursors = states.take(part)
    if (cursors.length > 0) yield { draft: tools.newPage(), lane, cursors, narrower: null }
  }
}

function goneNotice(part: string): SourceNotice {
  const text = `the source no longer lists ${part}: a backfill goes on without what was not read of it`
  return { level: 'warning', code: 'part_gone', subject: part, text }
}
