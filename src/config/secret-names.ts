// Which keys hold secrets, going by their names: their literal values are masked wherever a person or the state would see them.
import { createHash } from 'node:crypto'

const secretName =
  /secret|token|passw|passphrase|api_?key|apikey|private_?key|access_?key|account_?key|shared_?key|hash_?key|^key$|^pat$|credential|authorization|cookie|signature_?key/i
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
