// A kind whose receiver has the bulk API that Elasticsearch began and OpenSearch kept.
import type { ZodType } from 'zod'
import { bulkOverhead, encodeBulk } from './bulk-encode.ts'
import { bulkHints, type Hints } from './bulk-hints.ts'
import { judgeBulk } from './bulk-judge.ts'
import type { BulkOptions } from './bulk-options.ts'
import { settleConnection } from '../runtime/connection-options.ts'
import type { DestinationKind } from './destination.ts'
import { httpDestination } from './http-destination.ts'
import type { Profile } from './profile.ts'

/** Requests at once when the file does not say. A cluster works on each with all of its nodes. */
const defaultInFlight = 4

interface BulkKind {
  readonly type: string
  readonly options: ZodType<BulkOptions>
  /** Advice for what this vendor does otherwise than the other. */
  readonly hints: Hints
  readonly profile: (options: BulkOptions) => Profile
}

/** A kind of destination; the vendors differ in their options and in what to check. */
export function bulkDestination({ type, options, hints, profile }: BulkKind): DestinationKind<BulkOptions> {
  return httpDestination({
    type,
    options,
    inFlight: defaultInFlight,
    settle: settleConnection,
    connection: ({ connection }) => connection,
    limits: (given) => ({ maxEvents: given.batch, maxBytes: given.maxBytes, overheadBytes: bulkOverhead(given) }),
    encode: encodeBulk,
    judge: judgeBulk,
    secrets: ({ secrets }) => secrets,
    hints: bulkHints(hints),
    profile,
  })
}
