// What it means when Zuora answers `success: false`, also with the status 200: the last two digits of a code are its category ("Error
// codes", "Understanding Data Loader error codes").
import { SourceError } from '../../model/errors.ts'
import type { HttpReply } from '../../runtime/http.ts'
import { membersOf, membersOfReply } from '../../runtime/reply-json.ts'
import { printable, scrub, secretForms, shortened } from '../../runtime/scrub.ts'
import { type Asked, waitOf } from '../answer.ts'

interface Category {
  readonly kind: SourceError['kind']
  readonly advice: string
}

const denied = (advice: string): Category => ({ kind: 'denied', advice })
const passing = (advice: string): Category => ({ kind: 'transient', advice })

const CATEGORIES: ReadonlyMap<string, Category> = new Map([
  ['10', denied('the user of the OAuth client lacks a permission, or the tenant a feature')],
  [
    '11',
    denied(
      'Zuora does not accept the OAuth client: check client_id and client_secret, and that url is its data centre',
    ),
  ],
  ['20', denied('Zuora does not take a value of the request: check audit_logs')],
  ['21', denied('Zuora does not know a member of the request: check audit_logs.body')],
  ['22', denied('Zuora misses a member in the request: check audit_logs.body')],
  ['23', denied('Zuora misses a parameter: check audit_logs')],
  ['30', denied('a rule of Zuora forbids it')],
  ['40', denied('there is no such thing at Zuora: check url, and path under audit_logs')],
  ['50', passing('somebody else holds a lock: it is tried again')],
  ['60', passing('Zuora has a fault: it is tried again')],
  ['61', passing('Zuora says that it will pass: it is tried again')],
  ['70', { kind: 'limited', advice: 'Zuora limits how often it may be asked' }],
  ['90', denied('Zuora does not understand the request: check audit_logs.body')],
])
const unknown = passing('it is tried again')
/** Errors are small, and events are not read for them. */
const longestError = 65_536
/** Where Zuora does not say for how long. */
const unsaidWaitMs = 60_000

/** Undefined: it is no failure in Zuora's words. */
export function failureIn(reply: HttpReply, asked: Asked): SourceError | undefined {
  const said = failed(reply)
  if (!said) return undefined
  const { kind, advice } = CATEGORIES.get(said.category) ?? unknown
  const { host = 'Zuora', pathname = '' } = URL.parse(asked.url) ?? {}
  const message = shortened(printable(scrub(said.message, secretForms(asked.secrets ?? []))))
  const trace = [said.code && `code ${said.code}`, said.process && `process ${said.process}`].filter(Boolean).join(', ')
  const text = `${host}${pathname} answered ${reply.status} with a failure: ${message}${trace && ` [${trace}]`} (${advice})`
  return new SourceError(kind, text, kind === 'limited' ? { afterMs: waitOf(reply, asked) ?? unsaidWaitMs } : {})
}

/** The token is not accepted, whatever the status says. */
export function isTokenRefused(reply: HttpReply): boolean {
  return reply.status === 401 || failed(reply)?.category === '11'
}

interface Failed {
  readonly category: string
  readonly code: string
  readonly process: string
  readonly message: string
}

function failed(reply: HttpReply): Failed | undefined {
  if (reply.body.length > longestError) return undefined
  const { success, processId, reasons } = membersOfReply(reply)
  if (success !== false) return undefined
  const [first] = Array.isArray(reasons) ? (reasons as unknown[]) : []
  const { code, message } = membersOf(first)
  const digits = /^\d{2,12}$/u.exec(String(code))?.[0] ?? ''
  const process = /^[A-Za-z0-9-]{1,64}$/u.exec(typeof processId === 'string' ? processId : '')?.[0] ?? ''
  return {
    category: digits.slice(-2),
    code: digits,
    process,
    message: typeof message === 'string' ? message : 'no reason is given',
  }
}
