// What the relay says of an event at its delivery: `stream`. It is no part of the event's identity.
import type { BatchEvent } from './batch.ts'
import { tagNames } from './event.ts'

/** The content of `stream`. */
export function streamOf(destination: string, event: BatchEvent): object {
  const tags = event.tags === 0 ? {} : { tags: tagNames(event.tags) }
  return {
    destination_id: destination,
    attempt: event.attempt,
    first_attempted_at: event.firstAttemptedAt,
    ...tags,
  }
}
