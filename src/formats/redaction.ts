// Takes values out of an event on its bytes: cut, masked, or replaced by a keyed hash. Everything else stays byte for byte. What
// cannot be walked through is not let out at all.
import { createHmac } from 'node:crypto'
import { JsonScanner, Scan } from '../model/json.ts'
import { stringText } from '../model/json-text.ts'
import { RedactionWalk } from './redaction-walk.ts'
import { pathTree, type Way } from './redaction-paths.ts'

export interface RedactionPaths extends Readonly<Record<Way, readonly string[]>> {
  /** For `hash`. Without it hashed values are masked. */
  readonly hashKey: string | null
}

/** What stands for a masked value. */
const MASK = '***'
/** 128 bits tell any two values apart. */
const hashCharacters = 32
const QUOTE = 0x22

export interface Redaction {
  /** The event at `[start, end)` without what is redacted; undefined when it is no JSON object. */
  apply(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined
}

export function redactionOf(paths: RedactionPaths): Redaction {
  const tree = pathTree(paths)
  const scanner = new JsonScanner()
  const mask = Buffer.from(`"${MASK}"`)
  const { hashKey } = paths
  const hash = (bytes: Uint8Array, start: number, end: number): Buffer =>
    hashKey === null ? mask : Buffer.from(`"${hashed(hashKey, bytes, start, end)}"`)
  const replacing = { mask: () => mask, hash }
  return {
    apply: (bytes, start, end) => {
      if (scanner.scan(bytes, start, end) !== Scan.ok || bytes[scanner.start] !== 0x7b) return undefined
      return new RedactionWalk(bytes, replacing).through(tree, start, end)
    },
  }
}

/** Of a text what it says, however it is spelled; of anything else its JSON. */
function hashed(key: string, bytes: Uint8Array, start: number, end: number): string {
  const said = bytes[start] === QUOTE ? stringText(bytes, start, end) : bytes.subarray(start, end)
  return `hmac-sha256:${createHmac('sha256', key).update(said).digest('hex').slice(0, hashCharacters)}`
}
