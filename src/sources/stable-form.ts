// What tells two versions of one record apart: its bytes without what may change by itself, and without the white space that some
// servers lay out anew with every release.
import type { Span } from './json-walk.ts'
import { Without } from './without.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20

export class StableForm {
  readonly #without: Without | undefined
  #out = Buffer.allocUnsafe(4096)

  /** `without`: the paths that do not count. */
  constructor(without: readonly string[] = []) {
    this.#without = without.length === 0 ? undefined : new Without(without)
  }

  /** The stable bytes of a record that is JSON; good until the next call. */
  of({ bytes, start, end }: { readonly bytes: Uint8Array } & Span): Uint8Array {
    const kept = this.#without?.copy(bytes, start, end) ?? bytes.subarray(start, end)
    if (this.#out.length < kept.length) this.#out = Buffer.allocUnsafe(kept.length * 2)
    return this.#out.subarray(0, copyDense(kept, this.#out, 0))
  }
}

/** Copies JSON to `into` at `at` without the white space between its values; returns where the copy ends. */
function copyDense(json: Uint8Array, into: Uint8Array, at: number): number {
  let from = 0
  let end = at
  for (let place = 0; place <= json.length; place++) {
    const byte = json[place]
    if (byte === QUOTE) place = closingQuote(json, place)
    else if (byte === undefined || byte <= SPACE) {
      into.set(json.subarray(from, place), end)
      end += place - from
      from = place + 1
    }
  }
  return end
}

function closingQuote(json: Uint8Array, start: number): number {
  let at = start + 1
  for (; at < json.length && json[at] !== QUOTE; at++) if (json[at] === BACKSLASH) at++
  return at
}
