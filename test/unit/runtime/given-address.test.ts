import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttpClient } from '../../../src/runtime/http-client.ts'
import { leadsElsewhere } from '../../../src/runtime/given-address.ts'
import { HttpError, type GivenAddress, type HttpReply } from '../../../src/runtime/http.ts'
import { type Receiver, startReceiver } from '../../fakes/http-receiver.ts'

const never = new AbortController().signal
let receiver: Receiver
let port: string

beforeAll(async () => {
  receiver = await startReceiver()
  port = new URL(receiver.url).port
})
afterAll(() => receiver.close())

/** Ways in which this machine, a network behind it or a cloud's own machine can be written. */
const LITERALS = `
  127.0.0.1 127.1 127.0.1 127.255.255.254 2130706433 0x7f000001 0x7f.1 0x7F.0.0.1 017700000001 0177.0.0.1 0177.1
  127.0.0.1. 127.000.000.001 %31%32%37.0.0.1 127。0。0。1 １２７.０.０.１ ①②⑦.⓪.⓪.① 0 0.0.0.0 0x0 0.0.0.0. [::1]
  [0:0:0:0:0:0:0:1] [0000::0001] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1]
  [::127.0.0.1] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::]
  [2001:0:7f00:1::] [fe80::1] [fc00::1] [fd12:3456::1] [fec0::1] [ff02::1] [fd00:ec2::254] [2001:db8::1]
  [100::1] 10.0.0.1 10.1 0xa000001 012.0.0.1 172.16.0.1 172.31.255.255 192.168.0.1 3232235521 100.64.0.1
  169.254.169.254 0xa9fea9fe 2852039166 169.254.43518 0251.0376.0251.0376 [::ffff:169.254.169.254]
  [64:ff9b::a9fe:a9fe] 169.254.170.2 100.100.100.200 192.0.0.192 168.63.129.16 198.18.0.1 203.0.113.1 224.0.0.1
  255.255.255.255 240.0.0.1
`
  .trim()
  .split(/\s+/)
/** What a name server may answer, plain. */
const RESOLVED = [...new Set(LITERALS.map((host) => new URL(`http://${host}/`).hostname.replace(/^\[|\]$/g, '')))]

/** `found` gives what each lookup of a host finds; the operator's own host is on the internet. */
function stage(
  found: (host: string, times: number) => readonly string[] = () => ['8.8.8.8'],
  operatorUrl = 'http://api.example/v1',
) {
  const lookups: string[] = []
  const client = createHttpClient({
    inFlight: 1,
    timeoutMs: 5_000,
    resolve: async (host) => {
      lookups.push(host)
      return host === 'api.example' ? ['8.8.8.8'] : found(host, lookups.filter((other) => other === host).length)
    },
  })
  const ask = (url: string, allowedHosts: readonly string[], headers = {}): Promise<HttpReply> =>
    client.request({ method: 'GET', url, headers, given: { operatorUrl, allowedHosts } }, never)
  return { client, ask, lookups }
}

async function refusal(asked: Promise<unknown>): Promise<HttpError> {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(HttpError)
  expect((error as HttpError).kind).toBe('address')
  return error as HttpError
}

/** Nothing came to this machine while `run` ran. */
async function withoutConnection(run: () => Promise<void>): Promise<void> {
  const before = receiver.connections.opened
  await run()
  expect(receiver.connections.opened).toBe(before)
}

describe('addresses that a server gave', () => {
  it(`there are enough of them`, () => expect(LITERALS.length).toBeGreaterThanOrEqual(60))

  it.each(LITERALS)('literal %s: not connected to, even where the configuration allows it', (host) =>
    withoutConnection(async () => {
      const { client, ask, lookups } = stage()
      const url = `http://${host}:${port}/x`
      await refusal(ask(url, [new URL(url).host]))
      expect(lookups).not.toContain(host)
      await client.close()
    }),
  )

  it.each(RESOLVED)('a name that has the address %s, alone or among others: not connected to', (address) =>
    withoutConnection(async () => {
      for (const found of [[address], ['8.8.8.8', address], [address, '2606:4700::1111']]) {
        const { client, ask } = stage(() => found)
        const error = await refusal(ask(`http://cdn.example:${port}/x?token=s3cret`, [`cdn.example:${port}`]))
        expect(error.message).toContain('cdn.example')
        expect(error.message).not.toContain('s3cret')
        await client.close()
      }
    }),
  )

  it.each(RESOLVED.filter((address) => !/^127\.|^::1$|^64:ff9b::7f00:1$/.test(address)))(
    'a name whose second answer is %s (rebinding): each connection goes to what was looked at for it',
    async (address) => {
      receiver.answer({ headers: { connection: 'close' } })
      const { client, ask, lookups } = stage(
        (_, times) => [times === 1 ? '127.0.0.1' : address],
        'http://127.0.0.1:1/v1',
      )
      const again = (): Promise<HttpReply> => ask(`http://cdn.example:${port}/x`, [`*.example:${port}`])
      expect((await again()).status).toBe(200)
      expect(lookups).toEqual(['cdn.example'])
      await withoutConnection(async () => void (await refusal(again())))
      expect(lookups).toHaveLength(2)
      await client.close()
      receiver.answer({})
    },
  )

  it('an operator whose own server is on this machine may be led to another one there, and connects to what was looked at', async () => {
    const { client, ask, lookups } = stage(
      (_, times) => (times === 1 ? ['127.0.0.1'] : ['10.0.0.1']),
      'http://127.0.0.1:1/v1',
    )
    const reply = await ask(`http://cdn.example:${port}/x`, [`cdn.example:${port}`])
    expect(reply.status).toBe(200)
    expect(lookups).toEqual(['cdn.example'])
    await client.close()
  })

  it.each(['169.254.169.254', '10.0.0.1', '::ffff:127.0.0.1'])(
    'an operator on this machine is not led to %s',
    (address) =>
      withoutConnection(async () => {
        const { client, ask } = stage(() => [address], 'http://127.0.0.1:1/v1')
        await refusal(ask(`http://cdn.example:${port}/x`, [`cdn.example:${port}`]))
        await client.close()
      }),
  )

  it('its own origin is trusted as the operator trusts it, and keeps its credentials', async () => {
    const { client, ask } = stage(undefined, receiver.url)
    await ask(`${receiver.url}/next?after=1`, [], { authorization: 'Bearer s3cret' })
    expect(receiver.requests.at(-1)?.headers['authorization']).toBe('Bearer s3cret')
    await client.close()
  })

  it('another origin is shown no credentials', async () => {
    const { client, ask } = stage(() => ['127.0.0.1'], 'http://127.0.0.1:1/v1')
    await ask(`http://cdn.example:${port}/x`, [`cdn.example:${port}`], {
      Authorization: 'Bearer s3cret',
      cookie: 'a=b',
      'Private-Token': 's3cret',
      accept: '*/*',
    })
    const { headers } = receiver.requests.at(-1) ?? {}
    expect(headers).toMatchObject({ accept: '*/*' })
    expect(headers).not.toHaveProperty('authorization')
    expect(headers).not.toHaveProperty('cookie')
    expect(headers).not.toHaveProperty('private-token')
    await client.close()
  })
})

describe('leadsElsewhere', () => {
  const given = (operatorUrl: string, ...allowedHosts: string[]): GivenAddress => ({ operatorUrl, allowedHosts })
  const own = given('https://api.example/v1', 'cdn.example', '*.blob.example', 'files.example:8443')

  it.each(['https://api.example/next', 'https://API.example:443/next', 'https:\\\\api.example\\next'])(
    '%s is the own origin',
    (url) => expect(leadsElsewhere(new URL(url), own)).toBe(false),
  )

  it.each([
    'https://cdn.example/x',
    'https://CDN.example./x',
    'https://a.blob.example/x',
    'https://a.b.blob.example/x',
    'https://files.example:8443/x',
  ])('%s is allowed', (url) => expect(leadsElsewhere(new URL(url), own)).toBe(true))

  it.each([
    'http://api.example/next',
    'http://cdn.example/x',
    'https://api.example:8443/next',
    'https://cdn.example:8443/x',
    'https://files.example/x',
    'https://blob.example/x',
    'https://evilblob.example/x',
    'https://a.blob.example.evil.test/x',
    'https://cdn.example.evil.test/x',
    'https://api.example@evil.test/x',
    'https://user:word@api.example/x',
    'https://user@cdn.example/x',
    'https://evil.test\\@api.example/x',
    'https://evil.test#@api.example/x',
    'https://api.example.evil.test/',
    'https://xapi.example/',
    'ftp://cdn.example/x',
    'https://[::1]/x',
  ])('%s is refused', (url) => expect(() => leadsElsewhere(new URL(url), own)).toThrow(HttpError))

  it('an operator who uses http may be led to http', () => {
    expect(leadsElsewhere(new URL('http://cdn.example/x'), given('http://api.example', 'cdn.example'))).toBe(true)
    expect(leadsElsewhere(new URL('https://cdn.example/x'), given('http://api.example', 'cdn.example'))).toBe(true)
  })

  it('a pattern fits no address that is written as one', () => {
    expect(() => leadsElsewhere(new URL('https://10.0.0.1/x'), given('https://api.example', '*.0.0.1'))).toThrow(
      HttpError,
    )
  })

  it('says neither path nor query', () => {
    expect(() => leadsElsewhere(new URL('https://evil.test/p4th?s3cret'), own)).toThrow(
      /^the server leads to https:\/\/evil\.test, which/,
    )
  })
})
