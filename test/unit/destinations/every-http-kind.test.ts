// What holds for every kind that speaks HTTP, over real sockets: a failure is never a delivery, and never more than a failure. The
// suite runs over the registry; a kind that needs more than an address says so in OPTIONS.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls, { type TlsOptions } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { DestinationKind } from '../../../src/destinations/destination.ts'
import { DESTINATION_KINDS } from '../../../src/destinations/index.ts'
import type { Verdict } from '../../../src/model/verdict.ts'
import { batchNamed } from '../../fakes/batches.ts'
import { destinationTools } from '../../fakes/destination-tools.ts'
import { type Answer, type Receiver, startReceiver } from '../../fakes/http-receiver.ts'

const password = 'canary-s3cret-0123'
const OPTIONS: Readonly<Record<string, (url: string) => object>> = {
  splunk_hec: (url) => ({ url, token: password }),
  datadog: (url) => ({ url, api_key: password }),
  elastic: (url) => ({ url, index: 'audit' }),
  opensearch: (url) => ({ url, index: 'audit' }),
  sentinel: (url) => ({
    url,
    rule: `dcr-${'0'.repeat(32)}`,
    stream: 'Custom-A_CL',
    auth: { tenant_id: 't', client_id: 'c', client_secret: password, authority: url },
  }),
}
/** What a page with 200 is, where it is no delivery. Elsewhere the contract is 2xx, and nothing more. */
const PAGE: Readonly<Record<string, Verdict['kind']>> = {
  splunk_hec: 'halt',
  datadog: 'halt',
  elastic: 'retry',
  opensearch: 'retry',
  sentinel: 'halt',
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** What OpenSSL itself refuses is allowed here, so that only what a kind asks for stands in the way of an old protocol. */
const usualCiphers = tls.DEFAULT_CIPHERS
beforeAll(() => void (tls.DEFAULT_CIPHERS = 'DEFAULT@SECLEVEL=0'))
afterAll(() => void (tls.DEFAULT_CIPHERS = usualCiphers))

async function receiverOf(answer: (index: number) => Answer, server?: TlsOptions): Promise<Receiver> {
  const receiver = await startReceiver(server)
  closing.push(() => receiver.close())
  let index = 0
  const token = { body: JSON.stringify({ token_type: 'Bearer', expires_in: 3599, access_token: 'given-t0ken' }) }
  receiver.answer(({ path }) => (path.includes('/oauth2/') ? token : answer(index++)))
  return receiver
}

function senderTo(kind: DestinationKind, url: string, change: object = {}): () => Promise<readonly Verdict[]> {
  const written = { ...(OPTIONS[kind.type]?.(url) ?? { url }), ...change }
  const destination = kind.open(kind.options.parse(written), destinationTools())
  closing.push(() => destination.close())
  return async () => {
    const outcome = await destination.send(batchNamed('a', 1), new AbortController().signal)
    return 'verdicts' in outcome ? outcome.verdicts : outcome.confirmation
  }
}

const path = (name: string): string => fileURLToPath(new URL(`../../fakes/tls/${name}.pem`, import.meta.url))
const pem = (name: string): Buffer => readFileSync(path(name))
const certificate = (name: string): TlsOptions => ({ key: pem(`${name}-key`), cert: pem(name) })
const asking = { ...certificate('good'), requestCert: true, rejectUnauthorized: true, ca: pem('ca') }
const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const

const speaksHttp = ({ options }: DestinationKind): boolean =>
  !options.safeParse({ ca_file: 1 }).error?.issues.some((issue) => issue.code === 'unrecognized_keys')
const KINDS = DESTINATION_KINDS.filter(speaksHttp).map((kind) => [kind.type, kind] as const)

it('all of them are here', () => {
  const apart = DESTINATION_KINDS.filter((kind) => !speaksHttp(kind)).map(({ type }) => type)
  expect(apart.sort()).toEqual(['file', 'stdout'])
})

describe.each(KINDS)('%s', (type, kind) => {
  it.each([
    ['an authority that nobody trusts', certificate('good'), {}],
    ['a certificate that signed itself', certificate('future'), {}],
    ['a certificate that is not valid yet', certificate('future'), { ca_file: path('future') }],
    ['one that has expired', certificate('expired'), { ca_file: path('ca') }],
    ['one for another name', certificate('other'), { ca_file: path('ca') }],
    ['another authority than that of ca_file', certificate('good'), { ca_file: path('future') }],
    ['TLS 1.1 at most', { ...certificate('good'), ...old }, { ca_file: path('ca') }],
  ])('row 57: %s halts, and nothing is sent', async (_name, server, change) => {
    const receiver = await receiverOf(() => ({}), server)
    const [verdict] = await senderTo(kind, receiver.url, change)()
    expect(verdict).toMatchObject({ kind: 'halt', reason: { code: 'tls' } })
    expect(receiver.requests).toEqual([])
  })

  it.each([
    ['none', {}],
    ['one that has expired', { cert_file: path('expired'), key_file: path('expired-key') }],
  ])('row 57: a receiver that asks for our certificate and gets %s is sent nothing', async (_name, change) => {
    const receiver = await receiverOf(() => ({}), asking)
    const [verdict] = await senderTo(kind, receiver.url, { ca_file: path('ca'), ...change })()
    expect(verdict?.kind).toMatch(/^(halt|retry)$/)
    expect(receiver.requests).toEqual([])
  })

  it('row 57: ca_file stands for those that this machine trusts, and our certificate is shown; both are read anew', async () => {
    const receiver = await receiverOf(() => ({}), asking)
    const folder = mkdtempSync(join(tmpdir(), 'every-http-kind-'))
    closing.push(() => rmSync(folder, { recursive: true }))
    const change = { ca_file: join(folder, 'ca.pem'), cert_file: path('good'), key_file: path('good-key') }
    copyFileSync(path('future'), change.ca_file)
    expect(await senderTo(kind, receiver.url, change)()).toMatchObject([{ kind: 'halt', reason: { code: 'tls' } }])
    copyFileSync(path('ca'), change.ca_file)
    await senderTo(kind, receiver.url, change)()
    expect(receiver.requests.length).toBeGreaterThan(0)
  })

  it('row 60: of all statuses only 2xx can be a delivery, and none leaves an event without a verdict', async () => {
    let status = 200
    const receiver = await receiverOf(() => ({ status }))
    const send = senderTo(kind, receiver.url)
    for (; status <= 599; status++) {
      const verdicts = await send()
      expect(verdicts).toHaveLength(1)
      const found = `${status} ${verdicts[0]?.kind}`
      if (status > 299) expect(found).not.toBe(`${status} delivered`)
      if (status > 499) expect(found).toBe(`${status} retry`)
      if ([301, 302, 307, 308, 401, 403, 404].includes(status)) expect(found).toBe(`${status} halt`)
    }
  })

  it('row 66: a page with 200 is a delivery only where the contract is no more than 2xx', async () => {
    const headers = { 'content-type': 'text/html' }
    const receiver = await receiverOf(() => ({ headers, body: '<html><title>Sign in</title> Error</html>' }))
    const [verdict] = await senderTo(kind, receiver.url)()
    expect(verdict?.kind).toBe(PAGE[type] ?? 'delivered')
  })

  it('row 55: a receiver that closes its connections at any time costs attempts, never an event', async () => {
    const cut = new Set<number>()
    const receiver = await receiverOf((index) => {
      // Three of seven close before they answer, two behind their answer, which looks like a connection that can be used again.
      const place = (index * 5) % 7
      if (place < 3) cut.add(index)
      return place < 5 ? { cutAt: place < 3 ? 0 : 1_000_000 } : {}
    })
    const heard = (): number => receiver.requests.filter(({ path: asked }) => !asked.includes('/oauth2/')).length
    const send = senderTo(kind, receiver.url)
    let [answered, broken] = [0, 0]
    for (let round = 0; round < 70; round++) {
      const before = heard()
      const [verdict] = await send()
      const whole = heard() > before && !cut.has(heard() - 1)
      if (!whole) expect(verdict).toMatchObject({ kind: 'retry', reason: { code: 'broken' } })
      else if (PAGE[type] === undefined) expect(verdict).toEqual({ kind: 'delivered' })
      if (whole) answered++
      else broken++
    }
    expect(answered).toBeGreaterThan(20)
    expect(broken).toBeGreaterThan(20)
  })
})
