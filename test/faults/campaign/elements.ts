// Takes a delivered body apart into the bytes of its events, without the relay's own scanner: a checker shares no code with what
// it checks.

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** The bytes of each element of a JSON array of objects, or of the one object; the whole body when its brackets do not match. */
export function elements(body: Buffer): Buffer[] {
  const found: Buffer[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] as number
    if (byte === QUOTE) at = lastOfString(body, at)
    else if (byte === 0x7b && depth++ === 0) start = at
    else if (byte === 0x7d && --depth === 0) found.push(body.subarray(start, at + 1))
  }
  return depth === 0 ? found : [body]
}

/** The closing quotation mark of the string that begins at `from`. Strings are most of the bytes: the engine finds their ends. */
function lastOfString(body: Buffer, from: number): number {
  for (let at = body.indexOf(QUOTE, from + 1); at >= 0; at = body.indexOf(QUOTE, at + 1)) {
    let slashes = 0
    while (body[at - 1 - slashes] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return at
  }
  return body.length
}
