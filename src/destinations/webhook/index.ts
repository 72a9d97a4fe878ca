// The webhook kind: one signed POST for each event, or for a batch of them.
import type { DestinationKind } from '../destination.ts'
import { settleConnection } from '../../runtime/connection-options.ts'
import { FORM_OVERHEAD_BYTES } from '../encode.ts'
import { httpDestination } from '../http-destination.ts'
import { judgeStatus } from '../judge.ts'
import { encode } from './encode.ts'
import { webhookOptions, type WebhookOptions } from './options.ts'

/** Requests at once when the file does not say: enough to hide 20 ms of a receiver's thinking. */
const defaultInFlight = 8

export const webhook: DestinationKind<WebhookOptions> = httpDestination({
  type: 'webhook',
  options: webhookOptions,
  inFlight: defaultInFlight,
  settle: settleConnection,
  connection: ({ connection }) => connection,
  limits: ({ batch, maxBytes }) => ({ maxEvents: batch ?? 1, maxBytes, overheadBytes: FORM_OVERHEAD_BYTES }),
  encode,
  judge: (reply, batch, nowMs) => judgeStatus(reply, batch.events.length, nowMs),
  secrets: (options) => options.secrets,
})
