// A window whose page the store cannot hold against all that it remembers of that time: it is halved where the cursor is saved.
import { messageOf, SourceError, WindowError } from '../model/errors.ts'
import { spanOfTimes } from '../store/spans.ts'
import type { PageCommit, Store } from '../store/store.ts'
import { LIVE } from './lanes.ts'
import type { EncodedPage } from './page-encoder.ts'
import { tooNarrow } from './too-narrow.ts'

/** For what a commit throws: the refusal of a window; anything else is thrown again. */
export function tooWideOr(error: unknown): WindowError {
  if (error instanceof WindowError) return error
  throw error
}

/**
 * The same for a page of a source that plans its own windows, so that nothing can be halved: compared with what its own events may meet,
 * wherever they lie. For any other page, and any other error, that is thrown again.
 */
export function withOwnWindow(commit: PageCommit, { narrower, page }: EncodedPage, error: unknown): PageCommit {
  if (!(error instanceof WindowError) || narrower !== undefined || page.count === 0) throw error
  const first = new Date(spanOfTimes(page.times).from).toISOString()
  return { ...commit, window: { from: first, to: first } }
}

/** The source is to be opened anew afterwards. Throws `SourceError` when the window cannot be narrower. */
export async function saveNarrower(
  store: Pick<Store, 'saveCursors' | 'note'>,
  source: string,
  refused: { readonly page: EncodedPage; readonly error: WindowError },
  now: number,
): Promise<void> {
  const { narrower, lane = LIVE, noticed, cursors, window: { from = '?', to = '?' } = {} } = refused.page
  if (narrower === null) throw tooNarrow({ source, lane, part: cursors[0]?.part ?? '', from, to }, refused.error)
  if (!narrower) throw tooFarApart(messageOf(refused.error))
  // Its cursor is behind what is told here.
  if (noticed) await store.note(noticed, now)
  await store.saveCursors(source, lane, [narrower], now)
}

function tooFarApart(reason: string): SourceError {
  const advice =
    'the events of one page lie so far apart that too many between them were read before: ask for smaller pages'
  return new SourceError('denied', `${advice}, for example with "page.size" (${reason})`)
}
