// The splunk_hec kind: batches to a Splunk HTTP Event Collector.
import type { DestinationKind } from '../destination.ts'
import { settleConnection } from '../../runtime/connection-options.ts'
import type { Profile } from '../profile.ts'
import { USUAL_MS } from './acknowledgements.ts'
import { Collector } from './collector.ts'
import { envelopeBytes } from './encode.ts'
import { hints } from './hints.ts'
import { splunkHecOptions, type SplunkHecOptions } from './options.ts'

/** Requests at once when the file does not say: enough to hide 20 ms of a receiver's thinking. */
const defaultInFlight = 8

export const splunkHec: DestinationKind<SplunkHecOptions> = {
  type: 'splunk_hec',
  options: splunkHecOptions,
  inFlight: defaultInFlight,
  settle: settleConnection,
  limits: (options) => ({
    maxEvents: options.maxEvents,
    maxBytes: options.maxBytes,
    overheadBytes: envelopeBytes(options),
  }),
  open: (options, tools) => new Collector(options, tools),
  hints,
  profile,
}

/** The largest body and the oldest event that a collector takes are settings of its own. */
function profile({ ack, ackTimeoutMs }: SplunkHecOptions): Profile {
  const confirmations = { usualMs: USUAL_MS, timeoutMs: ackTimeoutMs }
  return { receiver: 'Splunk', ...(ack && { confirmations }) }
}
