// How the bytes of a page are compressed at rest, so that a reading thread can do it before the store is asked.
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { StateError } from '../model/errors.ts'
import { digestOf } from './chain.ts'
import type { Packed } from './store.ts'

/** Numbers are for ever: a page says by which it was packed. */
const Codec = { plain: 0, zstd: 1 } as const

const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 }
/** Output is collected in pieces; few large ones are a third cheaper than many of the default size. */
const leastChunkBytes = 1024
const mostChunkBytes = 256 * 1024

/** Compresses a page's bytes: zstd level 1 with a checksum; their digest beside them. */
export function pack(bytes: Uint8Array): Packed {
  const chunkSize = Math.min(Math.max(bytes.length >> 2, leastChunkBytes), mostChunkBytes)
  const packed = zstdCompressSync(bytes, { params, chunkSize, pledgedSrcSize: bytes.length })
  return { codec: Codec.zstd, bytes: packed, digest: digestOf(bytes) }
}

/** The bytes again. `size` bounds what a damaged block may grow to. */
export function unpack(packed: Packed, size: number): Uint8Array {
  if (packed.codec === Codec.plain) return packed.bytes
  if (packed.codec !== Codec.zstd)
    throw new StateError(`a page is packed by codec ${packed.codec}, which this version does not know`)
  // One piece of the right size spares the copies that joining many would cost.
  return zstdDecompressSync(packed.bytes, {
    chunkSize: Math.max(size, leastChunkBytes),
    maxOutputLength: Math.max(size, 1),
  })
}
