// File names as text. Linux names are bytes; one that is not UTF-8 must still be listed, opened, saved and found again.
import { isUtf8 } from 'node:buffer'

/** Bytes 0x80 to 0xff of a name that is not UTF-8 are written as these lone surrogates, which no valid UTF-8 can yield. */
const escapeBase = 0xdc00
const escaped = /[\udc80-\udcff]/u

/** The text of a file name. It survives JSON, and `pathFor` gives back its very bytes. */
export function nameOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  let name = ''
  for (const byte of bytes) name += String.fromCharCode(byte < 0x80 ? byte : escapeBase + byte)
  return name
}

/** What the file system is asked for. */
export function pathFor(path: string): string | Buffer {
  if (!escaped.test(path)) return path
  return Buffer.concat(Array.from(path, bytesOf))
}

/** For messages: what cannot be shown becomes U+FFFD. */
export function shown(path: string): string {
  return path.toWellFormed()
}

function bytesOf(character: string): Buffer {
  return escaped.test(character) ? Buffer.of(character.charCodeAt(0) - escapeBase) : Buffer.from(character)
}
