// What an address and the headers of an operator hold that must not appear in any text.
import { basic } from '../runtime/http-credentials.ts'

/** Words this long are tokens, as chat and automation services use them in their paths. */
const tokenLength = 16

/** `https://user:password@host` becomes basic authentication, and leaves the address. */
export function takeCredentials(url: URL): { header: string; secrets: string[] } | undefined {
  if (url.username === '' && url.password === '') return undefined
  const user = decodeURIComponent(url.username)
  const password = decodeURIComponent(url.password)
  url.username = ''
  url.password = ''
  return { header: basic(user, password), secrets: [user, password] }
}

/** The values of a query, and the segments of a path that are long enough to be tokens. */
export function tokensOf(url: URL): string[] {
  const segments = url.pathname.split('/').filter(isToken)
  return [...url.searchParams.values(), ...segments]
}

/** Whether a text is long enough to be a token, and has no blank. */
export function isToken(text: string): boolean {
  return text.length >= tokenLength && !/\s/.test(text)
}
