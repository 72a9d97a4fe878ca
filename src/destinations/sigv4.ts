// Signature Version 4, with which services of AWS know who asks ("Create a signed AWS API request" in the guide of IAM).
import { createHash, createHmac } from 'node:crypto'
import type { HttpRequest } from '../runtime/http.ts'

/** Who signs, and for which service where. */
export interface AwsIdentity {
  readonly region: string
  /** The service's name in signatures, for example `es`. */
  readonly service: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string
}

/** A request is taken so long before and after the time that it was signed with; "Elements of an AWS API request signature". */
export const SIGNED_MS = 300_000

const ALGORITHM = 'AWS4-HMAC-SHA256'

/**
 * The headers that sign `request`, beside those which it has. Signed are its method, address, body, time and the `x-amz-` headers;
 * of its own headers none, so that nothing between us and the service can break the signature by touching them.
 */
export function signatureOf(request: HttpRequest, identity: AwsIdentity, nowMs: number): Record<string, string> {
  const { region, service, accessKeyId, secretAccessKey, sessionToken } = identity
  const url = new URL(request.url)
  const time = new Date(nowMs).toISOString().replace(/[:-]|\.[0-9]{3}/g, '')
  const bodyHash = createHash('sha256')
    .update(request.body ?? '')
    .digest('hex')
  const added: Record<string, string> = {
    // OpenSearch Serverless refuses requests that do not name the hash of their body.
    ...(service === 'aoss' && { 'x-amz-content-sha256': bodyHash }),
    'x-amz-date': time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  }
  const headers: Record<string, string> = { host: url.host, ...added }
  const names = Object.keys(headers).join(';')
  const canonical = [
    request.method,
    canonicalPath(url.pathname),
    canonicalQuery(url.searchParams),
    ...Object.entries(headers).map(([name, value]) => `${name}:${value.trim().replace(/\s+/g, ' ')}`),
    '',
    names,
    bodyHash,
  ].join('\n')
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`
  const text = [ALGORITHM, time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n')
  const signature = createHmac('sha256', signingKey(secretAccessKey, scope)).update(text).digest('hex')
  const authorization = `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  return { ...added, authorization }
}

function signingKey(secret: string, scope: string): Buffer {
  return scope
    .split('/')
    .reduce((key, part) => createHmac('sha256', key).update(part).digest(), Buffer.from(`AWS4${secret}`))
}

/** Every service but S3 wants what is encoded on the wire encoded once more. */
function canonicalPath(path: string): string {
  return path.replace(/\/+/g, '/').split('/').map(rfc3986).join('/')
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => [rfc3986(name), rfc3986(value)] as const)
    .sort(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** By code points; all is ASCII here. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** Percent-encoding of everything but unreserved characters. */
export function rfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
