// A source that does not answer in time may have been asked for too much at once.
import { SourceError } from '../model/errors.ts'
import type { Window } from './source.ts'

/** No answer within the time, or a server behind the one that was asked had none. */
export class SlowAnswer extends SourceError {}

/** A source that is down must not lead to ever narrower windows, nor may a failure that passes. */
const narrowMs = 60_000

/** Whether a window may be made narrower for something that may have another reason than its width. */
export function isWide({ from, to }: Window): boolean {
  return to - from > narrowMs
}
