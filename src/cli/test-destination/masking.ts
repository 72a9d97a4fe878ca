// Which texts of a test must never be shown, going by the configuration and by what was really sent, in every form in which a
// receiver may send them back.
import type { HttpRequest } from '../../runtime/http.ts'
import { type TextMask, textMask } from '../text-mask.ts'

/** Below this another spelling of a secret could as well be a plain word. */
const shortestSpelling = 8
/** A part of a path as long as this is taken for a token. */
const tokenLength = 16
/** Headers that say nothing secret; hiding their values would hide half of an answer. */
const harmless = new Set([
  'user-agent',
  'content-type',
  'content-encoding',
  'accept',
  'webhook-id',
  'webhook-timestamp',
])

export interface Mask extends TextMask {
  /** An address that can be shown: no user, no query values, no tokens in its path. */
  url(url: string): string
}

/** A mask over these secrets and everything secret in these requests. */
export function maskOf(secrets: readonly string[], requests: readonly HttpRequest[]): Mask {
  const mask = textMask([...secrets, ...requests.flatMap(secretsOf)])
  return { ...mask, url: (url) => mask.text(plainUrl(url)) }
}

function secretsOf({ url, headers }: HttpRequest): string[] {
  const values = Object.entries(headers).flatMap(([name, value]) =>
    harmless.has(name.toLowerCase())
      ? []
      : [value, ...value.split(/[\s,;=]+/).filter((part) => part.length >= shortestSpelling), ...userOf(value)],
  )
  const parsed = URL.parse(url)
  if (!parsed) return values
  const user = [parsed.username, parsed.password].map((part) => decodeURIComponent(part))
  return [...values, ...user, ...parsed.searchParams.values(), ...parsed.pathname.split('/').filter(isToken)]
}

/** User and password of basic authentication. */
function userOf(value: string): string[] {
  const packed = /^basic (\S+)$/i.exec(value)?.[1]
  const [user = '', ...password] = packed === undefined ? [] : Buffer.from(packed, 'base64').toString().split(':')
  return [user, password.join(':')]
}

function plainUrl(url: string): string {
  const parsed = URL.parse(url)
  if (!parsed) return '(not an address)'
  const path = parsed.pathname
    .split('/')
    .map((part) => (isToken(part) ? '[secret]' : part))
    .join('/')
  const query = [...parsed.searchParams.keys()].map((key) => `${encodeURIComponent(key)}=[secret]`).join('&')
  return `${parsed.origin}${path}${query === '' ? '' : `?${query}`}`
}

function isToken(part: string): boolean {
  return part.length >= tokenLength
}
