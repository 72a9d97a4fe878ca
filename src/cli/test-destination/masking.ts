// Which texts of a test must never be shown, going by the configuration and by what was really sent, in every form in which a
// receiver may send them back.
import { scrub, secretForms } from '../../destinations/scrub.ts'
import type { HttpRequest } from '../../runtime/http.ts'

const shortestSecret = 4
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
/** Tokens that a server handed out, in an answer of its own. */
const issued = /("(?:access_|refresh_|id_)?token"\s*:\s*")[^"]{1,8192}/gi

export interface Mask {
  /** The secrets in all their forms, longest first. */
  readonly forms: readonly string[]
  /** `text` without them. */
  text(text: string): string
  /** An address that can be shown: no user, no query values, no tokens in its path. */
  url(url: string): string
}

/** A mask over these secrets and everything secret in these requests. */
export function maskOf(secrets: readonly string[], requests: readonly HttpRequest[]): Mask {
  const known = [...new Set([...secrets, ...requests.flatMap(secretsOf)])].filter((one) => one.length >= shortestSecret)
  const forms = [...new Set([...secretForms(known), ...known.flatMap(spellings)])].sort((a, b) => b.length - a.length)
  const text = (given: string): string => scrub(given, forms).replace(issued, '$1[secret]')
  return { forms, text, url: (url) => text(plainUrl(url)) }
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

/** Forms that the ones that every destination hides leave out. */
function spellings(secret: string): string[] {
  if (secret.length < shortestSpelling) return []
  const bytes = Buffer.from(secret)
  return [
    secret.toLowerCase(),
    secret.toUpperCase(),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    bytes.toString('base64url'),
    bytes.toString('base64').replace(/=+$/, ''),
    encodeURIComponent(secret.toWellFormed()).replaceAll('%20', '+'),
    html(secret),
  ]
}

function html(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => names[character] as string)
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
