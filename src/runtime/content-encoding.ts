// Undoes the compression of an answer, within bounds: one level of it, so many bytes, and no more than an honest text shrinks by.
import {
  brotliDecompress,
  gunzip,
  inflate,
  inflateRaw,
  type InputType,
  type ZlibOptions,
  zstdDecompress,
} from 'node:zlib'
import { HttpError, type HttpReply } from './http.ts'

/** What we say that we understand. */
export const acceptEncoding = 'gzip, deflate, br, zstd'

/** No text of events shrinks to less than this part of it; a bomb does. Small answers are let off. */
const largestRatio = 500
const freeBytes = 1024 ** 2
const chunkSize = 256 * 1024
const WITHOUT_BODY = new Set([204, 205, 304])

type Inflate = (bytes: InputType, options: ZlibOptions, done: (error: Error | null, result: Buffer) => void) => void

/**
 * The reply with its body as it was before compression, `content-encoding` gone. Rejects with an `HttpError` of kind `broken` when the
 * body ends early or cannot be undone. One of more than `keptBytes` is `truncated`, and its body is left out.
 */
export async function decoded(reply: HttpReply, keptBytes: number, origin: string): Promise<HttpReply> {
  const encoding = (reply.headers['content-encoding'] ?? '').trim().toLowerCase()
  if (encoding === '' || encoding === 'identity') return reply
  const headers = withoutEncoding(reply.headers)
  if (reply.truncated) return { ...reply, headers, body: Buffer.alloc(0) }
  if (reply.body.byteLength === 0) {
    if (WITHOUT_BODY.has(reply.status) || reply.headers['content-length'] === '0') return { ...reply, headers }
    throw new HttpError('broken', `${origin}: the answer is cut off`)
  }
  const undo = inflaterOf(encoding, reply.body)
  if (!undo) throw new HttpError('broken', `${origin}: the answer is encoded in a way that was not asked for`)
  const mostBytes = Math.max(freeBytes, reply.body.byteLength * largestRatio)
  const body = await inflated(undo, reply.body, Math.min(keptBytes, mostBytes), origin)
  if (body) return { ...reply, headers, body }
  if (mostBytes < keptBytes)
    throw new HttpError(
      'broken',
      `${origin}: the answer unpacks to more than ${largestRatio} times its size: no honest answer does`,
    )
  return { ...reply, headers, body: Buffer.alloc(0), truncated: true }
}

/** Undefined when it is larger. */
async function inflated(
  undo: Inflate,
  bytes: Uint8Array,
  maxOutputLength: number,
  origin: string,
): Promise<Buffer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>()
  undo(bytes, { maxOutputLength, chunkSize }, (error, result) => {
    if (!error) resolve(result)
    else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') resolve(undefined)
    else reject(new HttpError('broken', `${origin}: the compressed answer is damaged or cut off`, { cause: error }))
  })
  return promise
}

function inflaterOf(encoding: string, body: Uint8Array): Inflate | undefined {
  if (encoding === 'gzip' || encoding === 'x-gzip') return gunzip
  if (encoding === 'br') return brotliDecompress
  if (encoding === 'zstd') return zstdDecompress as Inflate
  // RFC 9110, 8.4.1.2: with the header of zlib; some send it without.
  if (encoding === 'deflate') return ((body[0] ?? 0) & 0x0f) === 8 ? inflate : inflateRaw
  return undefined
}

function withoutEncoding(headers: HttpReply['headers']): HttpReply['headers'] {
  const rest = Object.assign(Object.create(null), headers) as Record<string, string>
  delete rest['content-encoding']
  return rest
}
