// Which texts of a try must never be shown: what the configuration calls secret, what was sent to vouch for us, and the tokens that
// were handed out on the way.
import { namesSecret } from '../../config/secret-names.ts'
import type { HttpRequest } from '../../runtime/http.ts'
import { type TextMask, textMask } from '../text-mask.ts'
import type { Recorded } from './recording-client.ts'

/** Headers that everybody may see; of the others some may vouch for us. */
const plainHeaders = new Set(['accept', 'accept-encoding', 'accept-language', 'content-type', 'user-agent', 'host'])
const telling = /auth|token|key|secret|cookie|session|signature|credential|passw|assertion/i
/** Names of values that prove something, beside those that a configuration calls secret. */
const proving = /^sig$|signature|assertion|^code$|session|^x-amz-|^x-goog-|^x-ms-/i
/** A place in a list is no secret, though many call it a token. */
const place = /page|next|prev|cursor|contin|sync|delta|skip|offset|scroll|start|after|before/i
const tokenAnswer = /"(?:access_|refresh_|id_)?token"\s*:\s*"((?:[^"\\]|\\.){1,8192})/gi
/** Options that hold a place or a name, as the kinds write them. */
const harmlessOption = /(Url|File|Path|Id|Name|Type)$/
const secretWords = 8

/** A mask over everything secret in this try. */
export function maskOf(configured: readonly string[], options: unknown, exchanges: readonly Recorded[]): TextMask {
  return textMask([...configured, ...secretsIn(options, false), ...exchanges.flatMap(exchanged)])
}

/** Whether the value of this member of a query, a form or a body is hidden. */
export function isSecretName(name: string): boolean {
  return (namesSecret(name) && !place.test(name)) || proving.test(name)
}

/** Whether the value of this header is hidden. */
export function isSecretHeader(name: string): boolean {
  return !plainHeaders.has(name.toLowerCase()) && telling.test(name)
}

/** The address was given by a server and leads elsewhere: what stands in its query is as good as a password. */
export function isSigned({ url, given }: HttpRequest): boolean {
  return given !== undefined && URL.parse(url)?.origin !== URL.parse(given.operatorUrl)?.origin
}

/** Texts of options under names that call them secret; all that stands under `headers` within `auth`. */
function secretsIn(value: unknown, isSecret: boolean, within = ''): string[] {
  if (typeof value === 'string') return isSecret ? [value] : []
  if (Array.isArray(value)) return value.flatMap((item) => secretsIn(item, isSecret, within))
  if (typeof value !== 'object' || value === null || !isPlain(value)) return []
  return Object.entries(value).flatMap(([key, item]) => {
    const vouches = within === 'auth' && key === 'headers'
    const hides =
      isSecret || vouches || key === 'secrets' || (namesSecret(key) && !place.test(key) && !harmlessOption.test(key))
    return secretsIn(item, hides, key)
  })
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function exchanged({ request, reply }: Recorded): string[] {
  const answer = reply ? Buffer.from(reply.start).toString() : ''
  const cookies = reply?.headers['set-cookie'] ?? ''
  return [
    ...Object.entries(request.headers).flatMap(([name, value]) => (isSecretHeader(name) ? credentials(value) : [])),
    ...fromAddress(request),
    ...fromBody(request),
    ...[...answer.matchAll(tokenAnswer)].map(([, token]) => unescaped(token as string)),
    ...cookies.split(/[;,]\s*/).flatMap((pair) => longEnough(pair.slice(pair.indexOf('=') + 1))),
  ]
}

/** The whole value, what stands behind its scheme, and the password of basic authentication; the user where it stands alone. */
function credentials(value: string): string[] {
  const packed = /^basic (\S+)$/i.exec(value)?.[1]
  const [user = '', ...rest] = packed === undefined ? [] : Buffer.from(packed, 'base64').toString().split(':')
  const password = rest.join(':')
  return [value, ...value.split(/[\s,;="]+/).flatMap(longEnough), password === '' ? user : password]
}

function fromAddress(request: HttpRequest): string[] {
  const parsed = URL.parse(request.url)
  if (!parsed) return []
  const signed = isSigned(request)
  const members = [...parsed.searchParams].flatMap(([name, value]) => (signed || isSecretName(name) ? [value] : []))
  return [decodeURIComponent(parsed.password), ...members.flatMap(longEnough)]
}

function fromBody({ headers, body }: HttpRequest): string[] {
  if (!body) return []
  const text = Buffer.from(body).toString()
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  if (type.includes('form'))
    return [...new URLSearchParams(text)].flatMap(([name, value]) => (isSecretName(name) ? [value] : []))
  try {
    return proven(JSON.parse(text))
  } catch {
    return []
  }
}

function proven(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) =>
    typeof item === 'string' && isSecretName(key) ? [item] : proven(item),
  )
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return text
  }
}

function longEnough(word: string): string[] {
  return word.length >= secretWords ? [word] : []
}
