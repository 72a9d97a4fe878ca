// Hides secrets that are known from what is shown, in every form in which the other side may send them back.
import { scrub, secretForms } from '../runtime/scrub.ts'

const shortestSecret = 4
/** Below this another spelling of a secret could as well be a plain word. */
const shortestSpelling = 8
/** Tokens that a server handed out, in an answer of its own. */
const issued = /("(?:access_|refresh_|id_)?token"\s*:\s*")[^"]{1,8192}/gi

export interface TextMask {
  /** The secrets in all their forms, longest first. */
  readonly forms: readonly string[]
  /** `text` without them. */
  text(text: string): string
}

export function textMask(secrets: readonly string[]): TextMask {
  const known = [...new Set(secrets)].filter((one) => one.length >= shortestSecret)
  const forms = [...new Set([...secretForms(known), ...known.flatMap(spellings)])].sort((a, b) => b.length - a.length)
  return { forms, text: (given) => scrub(given, forms).replace(issued, '$1[secret]') }
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
