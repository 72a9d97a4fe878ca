// Signatures for AWS, byte for byte those of another signer.
import { AwsV4Signer } from 'aws4fetch'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AwsIdentity, signatureOf } from '../../../src/destinations/sigv4.ts'

const token = fc.string({ unit: fc.constantFrom(...Array.from('abzAZ019+/=._-')), minLength: 1, maxLength: 60 })
const identities = fc.record(
  {
    region: fc.constantFrom('eu-central-1', 'us-gov-west-1'),
    service: fc.constantFrom('es', 'aoss'),
    accessKeyId: token,
    secretAccessKey: token,
    sessionToken: token,
  },
  { requiredKeys: ['region', 'service', 'accessKeyId', 'secretAccessKey'] },
) as fc.Arbitrary<AwsIdentity>
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: fc.constantFrom(...Array.from('aZ09-_.~!\'()*%/+ &=?#:@$,;[]{}|^`"<>\\é€𝒳')), maxLength: 20 }),
)
const requests = fc.record({
  path: fc.array(text, { maxLength: 4 }),
  // The other signer leaves out parameters without a name.
  query: fc.array(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), text), { maxLength: 4 }),
  port: fc.constantFrom('', ':443', ':9200'),
  body: fc.uint8Array({ maxLength: 200 }),
  nowMs: fc.integer({ min: 0, max: Date.UTC(2099, 11, 31) }),
})

async function other(request: { url: string; body: Uint8Array }, identity: AwsIdentity, nowMs: number) {
  const ours = signatureOf({ method: 'POST', headers: {}, ...request }, identity, nowMs)
  const hash = ours['x-amz-content-sha256']
  const { headers } = await new AwsV4Signer({
    method: 'POST',
    url: request.url,
    body: Uint8Array.from(request.body),
    headers: { 'content-type': 'application/x-ndjson', ...(hash !== undefined && { 'x-amz-content-sha256': hash }) },
    ...identity,
    datetime: new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, ''),
  }).sign()
  return { ours, theirs: Object.fromEntries(headers) }
}

describe('signatures', () => {
  it('are those of aws4fetch, whatever is signed', async () => {
    await fc.assert(
      fc.asyncProperty(requests, identities, async ({ path, query, port, body, nowMs }, identity) => {
        const encoded = path.map((part) => encodeURIComponent(part.toWellFormed())).join('/')
        const parameters = query
          .map((pair) => pair.map((part) => encodeURIComponent(part.toWellFormed())).join('='))
          .join('&')
        const url = `https://search.example.com${port}/${encoded}?${parameters}`
        const { ours, theirs } = await other({ url, body }, identity, nowMs)
        expect(theirs).toMatchObject(ours)
      }),
      { numRuns: 500 },
    )
  })

  it('name the hash of the body where the service wants it, and the token of temporary credentials', () => {
    const identity = { region: 'eu-central-1', accessKeyId: 'AKID', secretAccessKey: 'secret' }
    const request = { method: 'POST', url: 'https://x.example/_bulk', headers: {}, body: Buffer.from('{}\n') } as const
    expect(signatureOf(request, { ...identity, service: 'es' }, 0)).toEqual({
      'x-amz-date': '19700101T000000Z',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKID\/19700101\/eu-central-1\/es\/aws4_request, SignedHeaders=host;x-amz-date, Signature=[0-9a-f]{64}$/,
      ) as string,
    })
    expect(signatureOf(request, { ...identity, service: 'aoss', sessionToken: 't' }, 0)).toMatchObject({
      'x-amz-content-sha256': 'ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356',
      'x-amz-security-token': 't',
      authorization: expect.stringContaining(
        'SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,',
      ) as string,
    })
  })
})
