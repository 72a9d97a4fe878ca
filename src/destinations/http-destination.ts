// Makes a kind of destination out of two pure functions, encode and judge. Owns what every HTTP kind shares: failures that
// are no answer, the scrubbing of secrets, closing. Knows nothing of attempts and schedules.
import type { Batch } from '../model/batch.ts'
import { forAll, type Outcome, type Verdict } from '../model/verdict.ts'
import { HttpError, type HttpReply } from '../runtime/http.ts'
import { pauseMsOf } from './rate-limit.ts'
import type { Destination, DestinationKind, HttpSpec, Tools } from './destination.ts'
import { scrub, scrubReply, secretForms } from './scrub.ts'

/** A kind whose destinations POST one request a batch. */
export function httpDestination<Options>(spec: HttpSpec<Options>): DestinationKind<Options> {
  const { type, options, inFlight, settle } = spec
  return {
    type,
    options,
    inFlight,
    ...(settle ? { settle } : {}),
    limits: (given) => spec.limits(given),
    open: (given, tools) => open(spec, given, tools),
  }
}

function open<Options>(spec: HttpSpec<Options>, options: Options, tools: Tools): Destination {
  const secrets = secretForms(spec.secrets?.(options) ?? [])
  return {
    async send(batch, signal) {
      signal.throwIfAborted()
      const request = await spec.encode(batch, options, tools.clock.now())
      let reply: HttpReply
      try {
        reply = await tools.http.request(request, signal)
      } catch (error) {
        return unanswered(error, batch, secrets)
      }
      const nowMs = tools.clock.now()
      const verdicts = spec.judge(scrubReply(reply, secrets), batch, nowMs)
      const clean = secrets.length === 0 ? verdicts : verdicts.map((verdict) => scrubVerdict(verdict, secrets))
      const pauseMs = pauseMsOf(reply, nowMs)
      return pauseMs === undefined ? { verdicts: clean } : { verdicts: clean, pauseMs }
    },
    close: () => tools.http.close(),
  }
}

const UNANSWERED: Readonly<Record<HttpError['kind'], { code: string; kind: 'retry' | 'halt'; advice: string }>> = {
  connect: { code: 'unreachable', kind: 'retry', advice: '' },
  timeout: { code: 'timeout', kind: 'retry', advice: '' },
  broken: { code: 'broken', kind: 'retry', advice: '' },
  name: {
    code: 'name',
    kind: 'halt',
    advice: ' (check the url of this destination, and the name server of this machine)',
  },
  tls: {
    code: 'tls',
    kind: 'halt',
    advice: ' (check the certificate of the receiver; a private authority is trusted through NODE_EXTRA_CA_CERTS)',
  },
  address: { code: 'address', kind: 'halt', advice: ' (check the url of this destination)' },
}

/** No answer was had: the network is to blame, or the set-up. Anything that is no `HttpError` is an abort or our own fault. */
function unanswered(error: unknown, batch: Batch, secrets: readonly string[]): Outcome {
  if (!(error instanceof HttpError)) throw error
  const { code, kind, advice } = UNANSWERED[error.kind]
  const text = scrub(`${error.message}${advice}`, secrets)
  return { verdicts: forAll(batch.events.length, { kind, reason: { code, text } }) }
}

function scrubVerdict(verdict: Verdict, secrets: readonly string[]): Verdict {
  if (verdict.kind === 'delivered') return verdict
  const text = scrub(verdict.reason.text, secrets)
  return text === verdict.reason.text ? verdict : { ...verdict, reason: { ...verdict.reason, text } }
}
