// What a destination is, in one line that can be compared and stored: canonical JSON of what the file says, references
// unresolved and literal secrets replaced by fingerprints.
import { type FilterSpec, filterSchema } from '../filters/schema.ts'
import { fingerprint, namesSecret, withoutAddressSecrets, withoutPathTokens } from './secret-names.ts'
import { hasReference } from './references.ts'

/** Keys that say whether and under which name a destination runs, not what it is. */
const apart = new Set(['enabled', 'was'])

export function definitionOf(written: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(written).filter(([key]) => !apart.has(key))
  return JSON.stringify(canonical(Object.fromEntries(entries), 'addresses'))
}

/** The filter of such a line. */
export function filterIn(definition: string): FilterSpec {
  const { filter = {} } = JSON.parse(definition) as { filter?: unknown }
  return filterSchema.parse(filter)
}

/** What is hidden of a value: all of it, what an address holds of secrets, or nothing. */
type Hidden = 'all' | 'addresses' | 'nothing'

function canonical(value: unknown, hidden: Hidden): unknown {
  if (Array.isArray(value)) return value.map((item) => canonical(item, hidden))
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(entries.map(([key, item]) => [key, canonical(item, hiddenUnder(key, hidden))]))
  }
  if (hidden === 'all' && typeof value !== 'boolean' && value !== null)
    return hideLiteral(typeof value === 'string' ? value : JSON.stringify(value))
  if (hidden !== 'addresses' || typeof value !== 'string') return value
  return withoutPathTokens(withoutAddressSecrets(value, hideLiteral), hideLiteral)
}

/** A filter stays as it is written, for events that are still to be judged by it. */
function hiddenUnder(key: string, hidden: Hidden): Hidden {
  if (hidden !== 'addresses') return hidden
  return key === 'filter' ? 'nothing' : namesSecret(key) ? 'all' : 'addresses'
}

function hideLiteral(text: string): string {
  return hasReference(text) ? text : fingerprint(text)
}
