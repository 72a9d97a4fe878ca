// What an answer of ZITADEL that holds no events means, and what to do. Its errors come in two forms: of the gRPC gateway, with a number
// for a code, and of newer endpoints (Connect), with a word.
import { SourceError } from '../../model/errors.ts'
import type { HttpReply } from '../../runtime/http.ts'
import { membersOfReply } from '../../runtime/reply-json.ts'
import { printable, scrub, secretForms, shortened } from '../../runtime/scrub.ts'
import { type Asked, refusalOf, waitOf } from '../answer.ts'
import { SlowAnswer } from '../slow-answer.ts'

/** The codes of gRPC, by number and by word. */
const CODES: ReadonlyMap<unknown, string> = new Map(
  [
    'ok',
    'canceled',
    'unknown',
    'invalid_argument',
    'deadline_exceeded',
    'not_found',
    'already_exists',
    'permission_denied',
    'resource_exhausted',
    'failed_precondition',
    'aborted',
    'out_of_range',
    'unimplemented',
    'internal',
    'unavailable',
    'data_loss',
    'unauthenticated',
  ].flatMap((word, number): [unknown, string][] => [
    [number, word],
    [word, word],
  ]),
)
/** What stands for a code when the answer has none: a proxy's, or a body that was lost. */
const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_argument',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  405: 'unimplemented',
  429: 'resource_exhausted',
  504: 'deadline_exceeded',
}
/** How a block or a quota is called ("Usage control", ZITADEL's documentation for self-hosting). */
const FOR_LONG = /quota|exhausted|block/iu
const unsaidWaitMs = 60_000

/** What a person has to do, by code. */
const ADVICE: Readonly<Record<string, string>> = {
  unauthenticated:
    'the credentials are wrong, or have expired: a personal access token or key ends at midnight of its day; make a new one for the service account',
  permission_denied:
    'the service account may not read events: make it an administrator of the instance with the role IAM_OWNER_VIEWER',
  not_found:
    'the url must be the domain by which ZITADEL knows the instance, such as https://acme.zitadel.cloud; what it answers to other names is this',
  invalid_argument:
    'ZITADEL does not take the filter: check event_types, aggregate_types, aggregate_id, resource_owner and editor',
  unimplemented: 'nothing takes a search for events there: check the url',
}

export const QUOTA_ADVICE =
  'when this lasts it is no rate limit but a quota that is used up, or a blocked instance: that ends with the period of the quota, or when the operator of ZITADEL lifts it'

/** The error of ZITADEL itself: its code as a word, and its message. */
interface Said {
  readonly code: string | undefined
  readonly message: string
}

/** Undefined: the answer may be read. */
export function refusalBy(reply: HttpReply, asked: Asked): SourceError | undefined {
  const general = refusalOf(reply, asked)
  const { code, message } = said(reply, asked.secrets ?? [])
  if (!general && code === undefined) return undefined
  const host = URL.parse(asked.url)?.host ?? ''
  const text = `${host} answered ${reply.status}${message === '' ? '' : `: ${message}`}`
  const word = code ?? BY_STATUS[reply.status] ?? ''
  if (word === 'resource_exhausted')
    return new SourceError('limited', `${text} (${QUOTA_ADVICE})`, { afterMs: waitOf(reply, asked) ?? unsaidWaitMs })
  if (word === 'deadline_exceeded') return new SlowAnswer('transient', `${text} (it is asked again for less)`)
  const advice = ADVICE[word]
  if (advice !== undefined && general?.kind !== 'limited') return new SourceError('denied', `${text} (${advice})`)
  return general ?? new SourceError('transient', `${text} (it is tried again)`)
}

/** Whether waiting may be in vain. */
export function isForLong(error: SourceError): boolean {
  return FOR_LONG.test(error.message.replace(QUOTA_ADVICE, ''))
}

function said(reply: HttpReply, secrets: readonly string[]): Said {
  // Events are too much to be read for an error, and are none.
  if (reply.status === 200 && reply.body.length > 65_536) return { code: undefined, message: '' }
  const { code, message, events } = membersOfReply(reply)
  if (events !== undefined) return { code: undefined, message: '' }
  const text = typeof message === 'string' ? shortened(printable(scrub(message, secretForms(secrets)))) : ''
  return { code: CODES.get(code), message: text }
}
