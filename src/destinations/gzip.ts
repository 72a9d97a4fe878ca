// Compresses the body of a request, away from this thread.
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'

const compress = promisify(gzip)

/** As fast as can be: the connection is rarely what is slow. */
export function gzipped(body: Uint8Array): Promise<Buffer> {
  return compress(body, { level: constants.Z_BEST_SPEED })
}
