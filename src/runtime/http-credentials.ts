// Headers that carry credentials, and what of them must not appear in any text.

/** The value of `authorization` for a user and a password (RFC 7617). */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** The value of a header, and the token in it: `Bearer abc` is echoed as `abc`, too. */
export function valueAndToken(value: string): string[] {
  const token = /^\S+ (\S+)$/.exec(value)?.[1]
  return token === undefined ? [value] : [value, token]
}

/** The tokens in headers that carry credentials. */
export function tokensIn(credentials: Readonly<Record<string, string>>): readonly string[] {
  return Object.values(credentials).map((value) => valueAndToken(value).at(-1) ?? value)
}

/** Whether these are the same headers. */
export function sameHeaders(some: Readonly<Record<string, string>>, others: Readonly<Record<string, string>>): boolean {
  return Object.entries(some).every(([name, value]) => others[name] === value)
}
