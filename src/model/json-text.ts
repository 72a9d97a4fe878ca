// Pieces of JSON on bytes: what a string may hold, and the text or value of bytes that have been scanned.

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** 1 for each byte that may stand in a string as it is. */
export const plain = new Uint8Array(256).fill(1, 0x20)
plain[QUOTE] = 0
plain[BACKSLASH] = 0

/** Length of the escape at `at`, or 0 when it is none. */
export function escapeLength(bytes: Uint8Array, at: number, end: number): number {
  switch (bytes[at + 1]) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return at + 2 < end ? 2 : 0
    case 0x75:
      for (let index = at + 2; index < at + 6; index++) if (index >= end || !isHex(bytes[index] as number)) return 0
      return 6
    default:
      return 0
  }
}

function isHex(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}

/** The value at `[start, end)`, which has been scanned, as JSON.parse gives it. */
function jsonValue(bytes: Uint8Array, start: number, end: number): unknown {
  return JSON.parse(view(bytes).toString('utf8', start, end))
}

/** The text of the string literal at `[start, end)`, quotes included, which has been scanned. */
export function stringText(bytes: Uint8Array, start: number, end: number): string {
  for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return jsonValue(bytes, start, end) as string
  return view(bytes).toString('utf8', start + 1, end - 1)
}

function view(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
