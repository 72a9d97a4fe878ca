// The datadog kind: batches to the HTTP intake of Datadog Logs.
import type { Batch, BatchEvent } from '../../model/batch.ts'
import type { Reason } from '../../model/verdict.ts'
import { settleConnection } from '../../runtime/connection-options.ts'
import type { DestinationKind } from '../destination.ts'
import { httpDestination } from '../http-destination.ts'
import type { Profile } from '../profile.ts'
import { AHEAD_MS, MARGIN_MS, PAST_MS, tooOld } from './age.ts'
import { encode, entryOverheadBytes, MAX_ENTRY_BYTES, tooLarge } from './encode.ts'
import { hints } from './hints.ts'
import { judge } from './judge.ts'
import { datadogOptions, type DatadogOptions, MAX_ENTRIES, MAX_PAYLOAD_BYTES } from './options.ts'

/** Requests at once when the file does not say: enough to hide the way to another continent. */
const defaultInFlight = 8

export const datadog: DestinationKind<DatadogOptions> = httpDestination({
  type: 'datadog',
  options: datadogOptions,
  inFlight: defaultInFlight,
  settle: settleConnection,
  connection: ({ connection }) => connection,
  limits: (options) => ({
    maxEvents: options.maxEvents,
    maxBytes: options.maxBytes,
    overheadBytes: entryOverheadBytes(options),
  }),
  profile,
  refuse,
  encode,
  judge,
  secrets: ({ secrets }) => secrets,
  hints,
})

function refuse(event: BatchEvent, options: DatadogOptions, nowMs: number, batch: Batch): Reason | undefined {
  const old = options.oldEvents === 'dead_letter' ? tooOld(event.timeMs, nowMs) : undefined
  return old ?? tooLarge(event, batch, options, nowMs)
}

function profile({ oldEvents }: DatadogOptions): Profile {
  const fate = oldEvents === 'send' ? 'redated' : 'not_sent'
  return {
    receiver: 'Datadog',
    largestEvent: { bytes: MAX_ENTRY_BYTES, fate: 'not_sent' },
    request: { maxEvents: MAX_ENTRIES, maxBytes: MAX_PAYLOAD_BYTES },
    past: { ms: PAST_MS, marginMs: MARGIN_MS, fate },
    ahead: { ms: AHEAD_MS, marginMs: MARGIN_MS, fate: 'redated' },
  }
}
