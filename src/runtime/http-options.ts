// Pieces of options that several kinds share: addresses and headers.
import { z } from 'zod'

/** An absolute `http` or `https` address. */
export const httpUrl = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    const url = URL.parse(text)
    if (!url) context.addIssue('expected an absolute address such as https://receiver.example/hook')
    else if (url.protocol !== 'https:' && url.protocol !== 'http:')
      context.addIssue('expected an address that begins with https:// or http://')
    else if (!decodes(url.username) || !decodes(url.password))
      context.addIssue('the user or the password holds a % that begins no code of a character: write % as %25')
    else if (url.hash !== '') context.addIssue('an address for requests has no part after #')
  })

function decodes(part: string): boolean {
  try {
    decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}

/** Header names that a request of ours sets itself, or that would change how it is framed. */
const OURS = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'host',
  'connection',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'expect',
])

/** Headers that the operator adds. Names come out in lower case. */
export const extraHeaders = z
  .record(z.string(), z.string())
  .superRefine((headers, context) => {
    const seen = new Set<string>()
    for (const [name, value] of Object.entries(headers)) {
      const fault = headerFault(name, value, seen)
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, path: [name] })
      seen.add(name.toLowerCase())
    }
  })
  .transform((headers) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  )

/** The value is never named: it may be a secret. */
function headerFault(name: string, value: string, seen: ReadonlySet<string>): string | undefined {
  const plain = name.toLowerCase()
  if (!isHeaderName(name)) return 'not a valid header name'
  if (isOurHeader(plain)) return `the relay sets the header ${plain} itself`
  if (seen.has(plain)) return `the header ${plain} is given twice (case does not matter)`
  if (!isHeaderValue(value))
    return `the value of the header ${plain} holds a line break or another character that a header cannot carry`
  return undefined
}

/** Does the relay set this header (in lower case) itself, or does HTTP? */
export function isOurHeader(name: string): boolean {
  return OURS.has(name) || name.startsWith('webhook-')
}

/** A token of RFC 9110. */
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(name) && name !== '__proto__'
}

/** Visible Latin-1, blanks and tabs: what can stand in a header without changing the request around it. */
export function isHeaderValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
}
