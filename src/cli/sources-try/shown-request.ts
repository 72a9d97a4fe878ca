// One request and its answer as they may be shown: address, headers and body without what is secret.
import { messageOf } from '../../model/errors.ts'
import type { HttpRequest } from '../../runtime/http.ts'
import type { TextMask } from '../text-mask.ts'
import type { KeptReply, Recorded } from './recording-client.ts'
import { isSecretHeader, isSecretName, isSigned } from './secrets.ts'

export interface ShownRequest {
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Empty when there is none. */
  readonly body: string
  readonly tookMs: number
  readonly answer: ShownAnswer | null
  /** Why there is no answer; empty when there is one. */
  readonly failure: string
}

export interface ShownAnswer {
  readonly status: number
  readonly bytes: number
  readonly truncated: boolean
  /** Those that say how a list goes on, what may be asked, and when. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The beginning. */
  readonly body: string
}

const hidden = '[secret]'
const dull = new Set(['accept-encoding', 'user-agent', 'content-length', 'connection', 'host'])
const tellingAnswers =
  /^(content-type|date|retry-after|link|location|server-timing|x-request-id|www-authenticate|deprecation|sunset)$|rate-?limit|next|cursor/
/** Of a token request these may be seen. */
const openMembers = new Set(['grant_type', 'scope', 'audience', 'resource'])
const longestValue = 120
const longestBody = 2048
/** What looks like a token that somebody put into a path; ids in the usual form with dashes are none. */
const pathToken = /^(?=.*[0-9])(?=.*[a-z])[a-z0-9_~]{24,}$/i

export function shownRequest({ request, reply, failure, tookMs }: Recorded, mask: TextMask): ShownRequest {
  const { method, headers, elsewhere = false } = request
  return {
    method,
    url: shownUrl(request, mask),
    headers: Object.entries(headers)
      .filter(([name]) => !dull.has(name.toLowerCase()))
      .map(([name, value]) => [name, isSecretHeader(name) ? hidden : short(mask.text(value))]),
    body: shownBody(request, mask),
    tookMs,
    answer: reply ? shownAnswer(reply, elsewhere && reply.status < 300, mask) : null,
    failure: failure === undefined ? '' : mask.text(messageOf(failure)),
  }
}

function shownUrl(request: HttpRequest, mask: TextMask): string {
  const parsed = URL.parse(request.url)
  if (!parsed) return '(not an address)'
  const signed = isSigned(request)
  const path = parsed.pathname
    .split('/')
    .map((part) => (pathToken.test(part) ? hidden : mask.text(part)))
    .join('/')
  const query = [...parsed.searchParams].map(([name, value]) => {
    const shown = signed || isSecretName(name) ? hidden : short(readable(mask.text(value)))
    return `${readable(mask.text(name))}=${shown}`
  })
  return `${mask.text(parsed.origin)}${path}${query.length === 0 ? '' : `?${query.join('&')}`}`
}

/** A value of a query without percent codes that only make it hard to read. */
function readable(value: string): string {
  return value.replace(/[&#%+\s]/g, (character) => encodeURIComponent(character))
}

function shownBody({ headers, body, elsewhere }: HttpRequest, mask: TextMask): string {
  if (!body) return ''
  const text = Buffer.from(body).toString()
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  if (type.includes('form')) {
    const members = [...new URLSearchParams(text)].map(([name, value]) => {
      const isOpen = elsewhere ? openMembers.has(name) : !isSecretName(name)
      return `${name}=${isOpen ? short(mask.text(value)) : hidden}`
    })
    return members.join('&')
  }
  return elsewhere ? hidden : mask.text(text).slice(0, longestBody)
}

function shownAnswer(
  { status, headers, start, bytes, truncated }: KeptReply,
  isSecret: boolean,
  mask: TextMask,
): ShownAnswer {
  const shown = Object.entries(headers)
    .filter(([name]) => tellingAnswers.test(name))
    .map(([name, value]): [string, string] => [name, short(mask.text(value), 300)])
  return {
    status,
    bytes,
    truncated,
    headers: shown,
    body: isSecret ? '(a token; not shown)' : bodyText(start, bytes, mask),
  }
}

/** A secret that the end of what was kept has cut must not show in part. */
function bodyText(start: Uint8Array, bytes: number, mask: TextMask): string {
  if (start.includes(0)) return `(${bytes} bytes that are no text)`
  const clear = mask.text(Buffer.from(start).toString())
  const cut = start.length < bytes ? (mask.forms[0]?.length ?? 0) : 0
  const text = clear.slice(0, clear.length - cut).slice(0, longestBody)
  return text.length < clear.length ? `${text}…` : text
}

function short(text: string, longest = longestValue): string {
  return text.length > longest ? `${text.slice(0, longest - 40)}… (${text.length} characters)` : text
}
