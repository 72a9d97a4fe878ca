// The http kind: any receiver that takes events over HTTP, described in the configuration, and presets for some that are known.
import type { DestinationKind } from '../destination.ts'
import { settleConnection } from '../../runtime/connection-options.ts'
import { httpDestination } from '../http-destination.ts'
import { bearer } from './authorize.ts'
import { encode } from './encode.ts'
import type { Profile } from '../profile.ts'
import { hints } from './hints.ts'
import { judge } from './judge.ts'
import { httpOptions, type HttpOptions } from './options.ts'
import { refuse } from './refuse.ts'

/** Requests at once when the file does not say: enough to hide the way to another continent. */
const defaultInFlight = 8

export const http: DestinationKind<HttpOptions> = httpDestination({
  type: 'http',
  options: httpOptions,
  inFlight: defaultInFlight,
  settle: settleConnection,
  connection: ({ connection }) => connection,
  limits,
  authorize: ({ token }, tools) => (token ? bearer(token, tools) : undefined),
  refuse,
  encode,
  judge,
  secrets: ({ secrets }) => secrets,
  hints,
  profile,
})

/** What the operator, or the preset, says of its receiver. */
function profile({ url, maxAgeMs, oldEvents }: HttpOptions): Profile {
  const receiver = new URL(url).host
  const fate = oldEvents === 'send' ? 'redated' : 'not_sent'
  return maxAgeMs === null ? { receiver } : { receiver, past: { ms: maxAgeMs, marginMs: 0, fate } }
}

/** A template may take an event as a string, in which its bytes are more: so many fewer fit. */
function limits({ maxEvents, maxBytes, body }: HttpOptions): ReturnType<DestinationKind['limits']> {
  const { times, overheadBytes, frameBytes } = body
  const room = Math.floor((maxBytes - frameBytes) / Math.max(1, times))
  return { maxEvents, maxBytes: Math.max(1, room), overheadBytes: Math.ceil(overheadBytes / Math.max(1, times)) }
}
