// Next links as they are kept with how far has been read: a key of ours that the source repeats in them is left out there, and put
// back, as it is by then, when they are followed.

/** A member of the query of our own requests that is secret. */
export interface HiddenMember {
  readonly name: string
  readonly value: string
}

/** The link without the values of these members, whatever the source calls them. */
export function withoutSecrets(link: string, hidden: readonly HiddenMember[]): string {
  return mapQuery(link, (value) => {
    const found = hidden.find((member) => member.value === decoded(value))
    return found && markOf(found)
  })
}

export function withSecrets(link: string, hidden: readonly HiddenMember[]): string {
  return mapQuery(link, (value) => {
    const found = hidden.find((member) => markOf(member) === value)
    return found && encodeURIComponent(found.value)
  })
}

function markOf({ name }: HiddenMember): string {
  return `(secret:${encodeURIComponent(name)})`
}

/** All else stays as it was written: a link may be signed. */
function mapQuery(link: string, made: (value: string) => string | undefined): string {
  const [, before = link, query = ''] = /^([^?]*\?)(.*)$/su.exec(link) ?? []
  const members = query.split('&').map((member) => {
    const at = member.indexOf('=') + 1
    const value = at === 0 ? undefined : made(member.slice(at))
    return value === undefined ? member : member.slice(0, at) + value
  })
  return before + members.join('&')
}

function decoded(value: string): string {
  return new URLSearchParams(`v=${value}`).get('v') ?? ''
}
