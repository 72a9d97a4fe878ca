// The sentinel kind: batches to a table of a Log Analytics workspace, over the Logs Ingestion API of Azure Monitor.
import type { DestinationKind } from '../destination.ts'
import { settleConnection } from '../../runtime/connection-options.ts'
import { httpDestination } from '../http-destination.ts'
import type { Profile } from '../profile.ts'
import { authorize } from './authorize.ts'
import { encode, OVERHEAD_BYTES } from './encode.ts'
import { hints } from './hints.ts'
import { judge } from './judge.ts'
import { LARGEST_BODY, sentinelOptions, type SentinelOptions } from './options.ts'
import { AHEAD_MS, LONGEST_VALUE, OLDEST_MS, refuse } from './refuse.ts'

/** Requests at once when the file does not say: enough to hide 50 ms of Azure's thinking, far below 12,000 a minute. */
const defaultInFlight = 4

export const sentinel: DestinationKind<SentinelOptions> = httpDestination({
  type: 'sentinel',
  options: sentinelOptions,
  inFlight: defaultInFlight,
  settle: settleConnection,
  connection: ({ connection }) => connection,
  limits: ({ maxEvents, maxBytes }) => ({ maxEvents, maxBytes, overheadBytes: OVERHEAD_BYTES }),
  profile,
  authorize,
  refuse,
  encode,
  judge,
  secrets: ({ secrets }) => secrets,
  hints,
})

function profile({ oldEvents, longValues }: SentinelOptions): Profile {
  return {
    receiver: 'Azure',
    largestMember: { bytes: LONGEST_VALUE, fate: longValues === 'send' ? 'cut' : 'not_sent' },
    request: { maxBytes: LARGEST_BODY },
    past: { ms: OLDEST_MS, marginMs: 0, fate: oldEvents === 'send' ? 'redated' : 'not_sent' },
    ahead: { ms: AHEAD_MS, marginMs: 0, fate: 'redated' },
  }
}
