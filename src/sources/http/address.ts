// Addresses as a definition gives them, placeholders included: which place one names, and whether it carries a user.

const until = (stops: string): string => String.raw`(?:\{\{[^{}]*\}\}|(?!\{\{)[^${stops}])*`
const scheme = String.raw`${until('/?#@:')}:/+`
const user = String.raw`(?<user>${until('/?#')}@)?`
const host = String.raw`(?<host>\[[^\]]*\]|${until('/?#:')})(?::${until('/?#')})?`
const address = new RegExp(`^(?:${scheme}${user})?${host}(?<path>${until('?#')})`, 'u')

export const NO_USER = 'user and password stand in `auth`, not in the address'

/** Its host and path: through another scheme or port it is the same place, and a user or parameters may be secrets. */
export function placeIn(url: string): string {
  const { host = '', path = '' } = address.exec(url)?.groups ?? {}
  return `${host}${path === '/' ? '' : path}`
}

export function hasUser(url: string): boolean {
  return address.exec(url)?.groups?.['user'] !== undefined
}
