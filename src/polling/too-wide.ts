// A window whose page the store cannot hold against all that it remembers of that time: it is halved where the cursor is saved.
import { messageOf, WindowError } from '../model/errors.ts'
import type { Store } from '../store/store.ts'
import { LIVE } from './lanes.ts'
import type { EncodedPage } from './page-encoder.ts'
import { tooNarrow } from './stretch.ts'

/** For what a commit throws: the refusal of a window; anything else is thrown again. */
export function tooWideOr(error: unknown): WindowError {
  if (error instanceof WindowError) return error
  throw error
}

/** The source is to be opened anew afterwards. Throws `SourceError` when the window cannot be narrower. */
export async function saveNarrower(
  store: Pick<Store, 'saveCursors' | 'note'>,
  source: string,
  refused: { readonly page: EncodedPage; readonly error: WindowError },
  now: number,
): Promise<void> {
  const { narrower, lane = LIVE, noticed } = refused.page
  if (!narrower) throw tooNarrow(messageOf(refused.error))
  // Its cursor is behind what is told here.
  if (noticed) await store.note(noticed, now)
  await store.saveCursors(source, lane, [narrower], now)
}
