// How a destination wants its events: `format` and `redact`. The key of the hashes is a secret, read anew like any other.
import type { Dress } from '../model/batch.ts'
import { dressing, type Format } from '../formats/format.ts'
import { redactionOf } from '../formats/redaction.ts'
import { WAYS } from '../formats/redaction-paths.ts'
import { SetupError } from '../model/errors.ts'
import type { Piece } from './check.ts'
import { hasReference, type ReferenceWorld, resolveText } from './references.ts'

/** Shorter keys can be found by trying, and with them what was hashed. */
const shortestKey = 16
const tooShort = `a hash_key needs ${shortestKey} characters at least: with a shorter one, what was hashed can be found out by trying`

export interface RedactWritten {
  readonly drop?: readonly string[]
  readonly mask?: readonly string[]
  readonly hash?: readonly string[]
  readonly hash_key?: string
}

interface Wanted {
  readonly format?: Format
  readonly redact?: RedactWritten
}

/** Tells what the schema cannot: a key that is missing or of no use, a path that stands twice. */
export function checkRedact(redact: RedactWritten | undefined, { faults, path }: Piece): void {
  if (!redact) return
  const seen = new Map<string, string>()
  for (const way of WAYS)
    for (const [index, one] of (redact[way] ?? []).entries()) {
      const before = seen.get(one)
      if (before !== undefined)
        faults.add([...path, way, index], {
          message: `"${one}" already stands in ${before}`,
          hint: 'keep one of the two',
        })
      else seen.set(one, way)
    }
  if (seen.size === 0)
    faults.add(
      path,
      { message: 'redact names nothing', hint: 'add drop, mask or hash with paths, or remove it' },
      'key',
    )
  const { hash, hash_key: key } = redact
  if (hash && key === undefined)
    faults.add(
      [...path, 'hash'],
      { message: 'hash needs hash_key beside it', hint: 'hash_key: "${AUDIT_HASH_KEY}"' },
      'key',
    )
  if (key !== undefined && !hash)
    faults.add([...path, 'hash_key'], { message: 'hash_key is of no use without hash', hint: 'remove it' }, 'key')
  if (key !== undefined && !hasReference(key) && key.length < shortestKey)
    faults.add([...path, 'hash_key'], { message: tooShort, hint: 'openssl rand -hex 32 makes a good one' })
}

/** What makes a destination's events, and the secrets that it holds. */
export interface DressParts {
  /** Throws `SetupError` when a reference leads nowhere or to a key that is too short. Absent: events go as they are. */
  readonly dress?: () => Dress
  readonly secrets: () => readonly string[]
}

export function dressParts({ format = 'canonical', redact }: Wanted, world: ReferenceWorld): DressParts {
  if (format === 'canonical' && !redact) return { secrets: () => [] }
  const key = redact?.hash_key
  let secrets: readonly string[] = key === undefined || hasReference(key) ? [] : [key]
  const dress = (): Dress => {
    if (!redact) return dressing(format, null)
    const hashKey = key === undefined ? null : resolveText(key, world, new Set())
    if (hashKey !== null && hashKey.length < shortestKey) throw new SetupError(`redact.hash_key: ${tooShort}`)
    secrets = hashKey === null ? [] : [hashKey]
    const { drop = [], mask = [], hash = [] } = redact
    return dressing(format, redactionOf({ drop, mask, hash, hashKey }))
  }
  return { dress, secrets: () => secrets }
}
