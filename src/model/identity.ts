// What makes two records the same event: a keyed hash of the `event_id`, and a keyed fingerprint of the content.
import { hash } from 'node:crypto'
import { FINGERPRINT_BYTES, KEY_BYTES } from './page.ts'

const secretBytes = 32

/** Hashes under the state's own key, so that nobody outside can craft two events that look like one. Not for concurrent use. */
export class Identity {
  /** The key, then room for what is hashed. */
  #scratch = Buffer.alloc(4096)

  /** `secret`: 32 bytes, made once for each state. */
  constructor(secret: Uint8Array) {
    if (secret.length !== secretBytes)
      throw new Error(`the identity key has ${secret.length} bytes instead of ${secretBytes}`)
    this.#scratch.set(secret)
  }

  /** Writes the 16-byte key of `eventId` at `at`. */
  writeKey(eventId: string, into: Buffer, at: number): void {
    const scratch = this.#room(eventId.length * 3)
    const end = secretBytes + scratch.write(eventId, secretBytes)
    into.write(hash('sha256', scratch.subarray(0, end), 'binary'), at, KEY_BYTES, 'latin1')
  }

  /** Writes the 8-byte fingerprint of `content` at `at`. */
  writeFingerprint(content: Uint8Array, into: Buffer, at: number): void {
    const scratch = this.#room(content.length)
    scratch.set(content, secretBytes)
    const end = secretBytes + content.length
    into.write(hash('sha256', scratch.subarray(0, end), 'binary'), at, FINGERPRINT_BYTES, 'latin1')
  }

  #room(size: number): Buffer {
    if (this.#scratch.length >= secretBytes + size) return this.#scratch
    const larger = Buffer.alloc((secretBytes + size) * 2)
    larger.set(this.#scratch.subarray(0, secretBytes))
    this.#scratch = larger
    return larger
  }
}
