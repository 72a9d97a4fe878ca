// Which keys hold secrets, going by their names: their literal values are masked wherever a person or the state would see them.
import { createHash } from 'node:crypto'
import { isToken } from '../destinations/request-secrets.ts'

const secretName =
  /secret|token|passw|passphrase|api_?key|apikey|private_?key|access_?key|account_?key|service_?account|identity_?header|shared_?key|hash_?key|^key$|^pat$|credential|authorization|cookie|signature_?key/i
/** Names that hold a place or a name rather than the secret itself. */
const harmless = /(_file|_path|_url|_name|_id)$|^key_file$/i

/** Whether the value of `key` is a secret by its name. */
export function namesSecret(key: string): boolean {
  return secretName.test(key.replaceAll('-', '_')) && !harmless.test(key.replaceAll('-', '_'))
}

/** What stands for a literal secret where only a change of it must show. */
export function fingerprint(value: string): string {
  return `sha256:${createHash('sha256').update('audit-relay definition\0').update(value).digest('hex').slice(0, 32)}`
}

const userInformation =
  /^([a-z][a-z0-9+.-]{0,30}:\/\/)?([^/?#@\s]{0,1000}:[^/?#@\s]{0,1000}|(?<=\/\/)[^/?#@\s]{1,2000})@/i
const query = /\?([^#\s]*)/

/** An address without what may be secret in it: user information and the values of its query. Other text is unchanged. */
export function withoutAddressSecrets(text: string, replace: (secret: string) => string): string {
  const plain = text.replace(
    userInformation,
    (_all, scheme: string | undefined, user: string) => `${scheme ?? ''}${replace(user)}@`,
  )
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return plain
  return plain.replace(query, (_all, parameters: string) => (parameters === '' ? '?' : `?${replace(parameters)}`))
}

/** A character of a host or of a segment, or a whole reference, whatever stands in it. */
const piece = String.raw`(?:\$\{[^}]*\}|\$(?!\{)|[^/?#$])`
const pathOfAddress = new RegExp(`^([a-z][a-z0-9+.-]*://${piece}*)((?:/${piece}*)+)`, 'i')
const segment = new RegExp(`${piece}+`, 'g')

/** An address without the segments of its path that may be tokens, as chat and log services have them. Other text is unchanged. */
export function withoutPathTokens(text: string, replace: (secret: string) => string): string {
  return text.replace(
    pathOfAddress,
    (_all, host: string, path: string) =>
      host + path.replace(segment, (part) => (isToken(part) ? replace(part) : part)),
  )
}
