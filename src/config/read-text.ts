// Reads the configuration file, and files that it refers to, within a bound. Says in words what is wrong with a file that
// is no text.
import { closeSync, openSync, readSync } from 'node:fs'

export const maxConfigBytes = 1024 * 1024

/** At most `maxBytes + 1` bytes of a file, so that a reader can tell that there was more. Throws Node's errors. */
export type ReadFile = (path: string, maxBytes: number) => Uint8Array

/** Works on pipes and on files that grow, too, because it never asks for a size. */
export const readBounded: ReadFile = (path, maxBytes) => {
  const handle = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(maxBytes + 1)
    let length = 0
    while (length < bytes.length) {
      const count = readSync(handle, bytes, length, bytes.length - length, null)
      if (count === 0) break
      length += count
    }
    return bytes.subarray(0, length)
  } finally {
    closeSync(handle)
  }
}

export type TextResult = { readonly text: string } | { readonly problem: string; readonly hint?: string }

/** The text of a file, without its byte order mark, or a sentence on why there is none. */
export function readText(path: string, maxBytes: number, readFile: ReadFile): TextResult {
  let bytes: Uint8Array
  try {
    bytes = readFile(path, maxBytes)
  } catch (error) {
    return unreadable(error as NodeJS.ErrnoException)
  }
  if (bytes.length > maxBytes) return { problem: `the file is larger than ${maxBytes / 1024} KiB` }
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { problem: 'the file is UTF-16', hint: 'save it as UTF-8' }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { problem: 'the file is UTF-16', hint: 'save it as UTF-8' }
  if (bytes.includes(0)) return { problem: 'the file is not text: it holds NUL bytes' }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { problem: 'the file is not valid UTF-8', hint: 'save it as UTF-8' }
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'this is a folder, not a file',
  EACCES: 'the file cannot be read: permission denied',
  EPERM: 'the file cannot be read: permission denied',
}

function unreadable(error: NodeJS.ErrnoException): { problem: string } {
  return { problem: reasons[error.code ?? ''] ?? `the file cannot be read (${error.code ?? error.message})` }
}
