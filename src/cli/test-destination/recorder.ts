// Watches what a destination asks over HTTP, so that a test can show what was asked and what came back.
import type { Tools } from '../../destinations/destination.ts'
import { type HttpClient, HttpError, type HttpReply, type HttpRequest } from '../../runtime/http.ts'

export interface Recorded {
  readonly request: HttpRequest
  /** What came back; undefined while nothing has. */
  reply?: HttpReply
  /** Why nothing came back. */
  failure?: HttpError
}

export interface Recorder {
  readonly http: Tools['http']
  readonly last: Recorded | undefined
  /** Header values and addresses of every request: what a receiver could echo. */
  readonly sent: readonly HttpRequest[]
}

/** A kind that asks for confirmation asks often; what it sends with it does not change. */
const rememberedRequests = 20

/** Clients of `open`, watched. */
export function recorderOf(open: Tools['http']): Recorder {
  const sent: HttpRequest[] = []
  let last: Recorded | undefined
  const watched = (client: HttpClient): HttpClient => ({
    async request(request, signal) {
      const recorded: Recorded = (last = { request })
      if (sent.length < rememberedRequests) sent.push(request)
      try {
        return (recorded.reply = await client.request(request, signal))
      } catch (error) {
        if (error instanceof HttpError) recorded.failure = error
        throw error
      }
    },
    close: () => client.close(),
  })
  return {
    get last() {
      return last
    },
    sent,
    http: (connection) => watched(open(connection)),
  }
}
