// What a destination is, in one line that can be compared and stored: canonical JSON of what the file says, references
// unresolved and literal secrets replaced by fingerprints.
import { fingerprint, namesSecret, withoutAddressSecrets } from './secret-names.ts'
import { hasReference } from './references.ts'

/** Keys that say whether and under which name a destination runs, not what it is. */
const apart = new Set(['enabled', 'was'])

export function definitionOf(written: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(written).filter(([key]) => !apart.has(key))
  return JSON.stringify(canonical(Object.fromEntries(entries), false))
}

function canonical(value: unknown, secret: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => canonical(item, secret))
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(entries.map(([key, item]) => [key, canonical(item, secret || namesSecret(key))]))
  }
  if (secret && typeof value !== 'boolean' && value !== null)
    return hideLiteral(typeof value === 'string' ? value : JSON.stringify(value))
  return typeof value === 'string' ? withoutAddressSecrets(value, hideLiteral) : value
}

function hideLiteral(text: string): string {
  return hasReference(text) ? text : fingerprint(text)
}
