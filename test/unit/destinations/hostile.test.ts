// What a webhook makes of hostile answers, over real sockets: each has its verdict, none hangs, leaks a secret, or sends one away.
import { readFileSync } from 'node:fs'
import type { TlsOptions } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { Destination } from '../../../src/destinations/destination.ts'
import { webhook } from '../../../src/destinations/webhook/index.ts'
import type { Verdict } from '../../../src/model/verdict.ts'
import { createHttpClient } from '../../../src/runtime/http-client.ts'
import { batchOf, eventText } from '../../fakes/batches.ts'
import { destinationTools } from '../../fakes/destination-tools.ts'
import { type Answer, answerBytes, type Receiver, startReceiver } from '../../fakes/http-receiver.ts'

const secret = 'sésame/öff"ne+<dich>=1'
const bearer = 'Tok3n_that-nobody.may~see'
const texts = ['1', '2', '3'].map((id) => eventText(id))
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function receiverOf(answer: Answer, tls?: TlsOptions): Promise<Receiver> {
  const receiver = await startReceiver(tls)
  closing.push(() => receiver.close())
  receiver.answer(answer)
  return receiver
}

function destinationAt(url: string, http: { timeoutMs?: number; caFile?: string } = {}): Destination {
  const client = createHttpClient({ inFlight: 2, timeoutMs: 10_000, ...http })
  const headers = { authorization: `Bearer ${bearer}` }
  const options = webhook.options.parse({ url: `${url}/hook`, secret, headers, batch: 10 })
  const destination = webhook.open(options, destinationTools({ http: () => client }))
  closing.push(() => destination.close())
  return destination
}

async function verdictOf(destination: Destination): Promise<Verdict> {
  const outcome = await destination.send(batchOf(texts), new AbortController().signal)
  const verdicts = 'verdicts' in outcome ? outcome.verdicts : await outcome.confirmation
  expect(verdicts).toHaveLength(3)
  expect(JSON.stringify(outcome)).not.toContain(bearer)
  return verdicts[0] as Verdict
}

async function judged(answer: Answer, http?: { timeoutMs?: number }): Promise<Verdict> {
  return verdictOf(destinationAt((await receiverOf(answer)).url, http))
}

const textOf = (verdict: Verdict): string => (verdict.kind === 'delivered' ? '' : verdict.reason.text)

describe('a body', () => {
  it('row 36: that does not end is cut off: what the status said counts', async () => {
    expect(await judged({ status: 200, endless: true })).toEqual({ kind: 'delivered' })
    const verdict = await judged({ status: 500, endless: true })
    expect(verdict).toMatchObject({ kind: 'retry', reason: { code: 'http_500' } })
    expect(textOf(verdict).length).toBeLessThan(500)
  })

  it('row 46: that stops in the middle is a time-out, whatever its status said', async () => {
    for (const raw of [
      'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\na',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n',
      'HTTP/1.1 200 OK\r\ncontent-le',
      'HTTP/1.1 103 Early Hints\r\n\r\n',
      'H',
    ])
      expect(await judged({ raw }, { timeoutMs: 150 }), raw).toMatchObject({
        kind: 'retry',
        reason: { code: 'timeout' },
      })
  })

  it('row 37: that calls itself gzip and is not is never inflated', async () => {
    const headers = { 'content-encoding': 'gzip' }
    expect(await judged({ headers, body: 'no gzip' })).toEqual({ kind: 'delivered' })
    const verdict = await judged({ status: 500, headers, body: Buffer.from([31, 139, 8, 0, 255, 255]) })
    expect(textOf(verdict)).toBe('the receiver answered 500: (6 bytes, gzip)')
  })

  it('row 66: 2xx is delivered, whatever page comes with it; a failure says the title of its page', async () => {
    const body = '<!doctype html><html><head><title>Sign in</title></head><body><script>alert(1)</script></body></html>'
    const headers = { 'content-type': 'text/html' }
    expect(await judged({ status: 200, headers, body })).toEqual({ kind: 'delivered' })
    expect(textOf(await judged({ status: 502, headers, body }))).toBe('the receiver answered 502: (page) Sign in')
  })

  it('of control characters and bidirectional text reaches nobody’s terminal', async () => {
    const text = textOf(await judged({ status: 500, body: '\u001b[2J\u0007\u202eevil\r\nforged line' }))
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})

describe('a status', () => {
  it('row 60: of 100, 102 and 103 announces an answer, which counts when it comes', async () => {
    const final = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'
    for (const status of ['102 Processing', '103 Early Hints'])
      expect(await judged({ raw: `HTTP/1.1 ${status}\r\n\r\n${final}` }), status).toEqual({ kind: 'delivered' })
  })

  it('row 60: of 101, or none at all, is tried again', async () => {
    for (const raw of [
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
      'HTTP/1.1 000 Nothing\r\ncontent-length: 0\r\n\r\n',
      'HTTP/1.1 99 Few\r\ncontent-length: 0\r\n\r\n',
      'HTTP/1.1 20 OK\r\n\r\n',
      'SSH-2.0-OpenSSH_9.2\r\n',
      '220 mail.example ESMTP\r\n',
      '\u0016\u0003\u0001\u0000\u0005',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
    ])
      expect(await judged({ raw }), JSON.stringify(raw)).toMatchObject({ kind: 'retry' })
  })

  it.each([301, 302, 303, 307, 308])('row 47: %i to another host halts, and nothing is sent there', async (status) => {
    const other = await receiverOf({})
    const location = `${other.url}/elsewhere?token=${bearer}`
    const first = await receiverOf({ status, headers: { location } })
    const verdict = await verdictOf(destinationAt(first.url))
    expect(verdict).toMatchObject({ kind: 'halt', reason: { code: `http_${status}`, status } })
    expect(textOf(verdict)).toContain(`${other.url}/elsewhere;`)
    expect([first.requests.length, other.connections.opened]).toEqual([1, 0])
  })

  it.each([
    ['meta refresh', { body: '<meta http-equiv="refresh" content="0;url=OTHER">' }],
    ['a Refresh header', { headers: { refresh: '0;url=OTHER' } }],
    ['Alt-Svc', { headers: { 'alt-svc': 'h2="OTHER"; ma=86400' } }],
    ['Link', { headers: { link: '<OTHER>; rel=preload' } }],
  ] as [string, Answer][])('row 47: %s is not followed either', async (_name, answer) => {
    const other = await receiverOf({})
    const text = JSON.stringify(answer).replaceAll('OTHER', other.url)
    const first = await receiverOf(JSON.parse(text) as Answer)
    const destination = destinationAt(first.url)
    await verdictOf(destination)
    await verdictOf(destination)
    expect([first.requests.length, other.connections.opened]).toEqual([2, 0])
  })
})

it('rows 35 and 54: cut at each byte the answer is no delivery, and the destination works on', async () => {
  const answer: Answer = { status: 200, headers: { 'x-note': 'a header' }, body: 'taken' }
  const receiver = await receiverOf(answer)
  const destination = destinationAt(receiver.url)
  const { length } = answerBytes(answer)
  for (let cutAt = 0; cutAt < length; cutAt++) {
    receiver.answer({ ...answer, cutAt })
    expect(await verdictOf(destination), `byte ${cutAt}`).toMatchObject({ kind: 'retry', reason: { code: 'broken' } })
  }
  receiver.answer(answer)
  expect(await verdictOf(destination)).toEqual({ kind: 'delivered' })
  // The members and the id of the request were the same each time, so that the receiver can tell.
  expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
})

describe('row 57: TLS that is wrong halts, says how, and sends nothing', () => {
  const path = (name: string): string => fileURLToPath(new URL(`../../fakes/tls/${name}.pem`, import.meta.url))
  const pem = (name: string): string => readFileSync(path(name), 'utf8')
  const of = (name: string): TlsOptions => ({ key: pem(`${name}-key`), cert: pem(name) })
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  const wrongs: [string, TlsOptions, string | undefined, RegExp][] = [
    ['an authority that nobody trusts', of('good'), undefined, /NODE_EXTRA_CA_CERTS/],
    ['expired', of('expired'), path('ca'), /has expired/],
    ['for another name', of('other'), path('ca'), /for another name/],
    ['TLS 1.1 at most', { ...of('good'), ...old }, path('ca'), /secure/],
    [
      'a client certificate that is asked for',
      { ...of('good'), requestCert: true, rejectUnauthorized: true, ca: pem('ca') },
      path('ca'),
      /./,
    ],
  ]

  it.each(wrongs)('%s', async (name, tls, caFile, words) => {
    const receiver = await receiverOf({}, tls)
    const verdict = await verdictOf(destinationAt(receiver.url, caFile === undefined ? {} : { caFile }))
    if (!name.startsWith('a client')) expect(verdict).toMatchObject({ kind: 'halt', reason: { code: 'tls' } })
    expect(verdict.kind).not.toBe('delivered')
    expect(textOf(verdict)).toMatch(words)
    expect(receiver.requests).toEqual([])
  })

  it('plain HTTP where TLS is spoken, and the other way round, is no delivery', async () => {
    const plain = await receiverOf({})
    const secure = await receiverOf({}, of('good'))
    for (const url of [plain.url.replace('http:', 'https:'), secure.url.replace('https:', 'http:')])
      expect((await verdictOf(destinationAt(url, { timeoutMs: 2_000 }))).kind, url).not.toBe('delivered')
    expect([...plain.requests, ...secure.requests].filter(({ path }) => path === '/hook')).toEqual([])
  })
})

describe('an answer that quotes our secret back', () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const asciiJson = (text: string): string =>
    JSON.stringify(text).slice(1, -1).replace('é', '\\u00e9').replace('ö', '\\u00f6')
  const forms: [string, string][] = [secret, bearer].flatMap((text): [string, string][] => [
    ['plain', text],
    ['in JSON', JSON.stringify(text).slice(1, -1)],
    ['in JSON as PHP writes it', asciiJson(text).replaceAll('/', '\\/')],
    ['in JSON as Python writes it', asciiJson(text)],
    ['in HTML', text.replace('"', '&quot;').replace('<', '&lt;').replace('>', '&gt;')],
    ['percent-encoded', encodeURIComponent(text)],
    ['in base64', base64(text)],
    ['in base64 without padding', base64(text).replace(/=+$/, '')],
    ['in base64url', Buffer.from(text).toString('base64url')],
    ['in a form', new URLSearchParams({ k: text }).toString().slice(2)],
    ['in lower-case percent-encoding', encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
  ])

  it.each(forms)('%s: %s', async (_form, quoted) => {
    const inBody = textOf(await judged({ status: 400, body: `you sent ${quoted} to me` }))
    const inHeader = textOf(
      await judged({ status: 302, headers: { location: `https://b.example/${encodeURI(quoted)}` } }),
    )
    for (const text of [inBody, inHeader]) {
      expect(text).not.toContain(quoted)
      for (const form of [secret, bearer, base64(secret).slice(0, -2), base64(bearer).slice(0, -2)])
        expect(text).not.toContain(form)
    }
    expect(inBody).toContain('[secret]')
  })

  it('at every place around the end of what is kept, shows no part of it', async () => {
    const receiver = await receiverOf({})
    const destination = destinationAt(receiver.url)
    const reasonLength = 300
    for (const end of [reasonLength, 4096, 64 * 1024])
      for (let shift = -bearer.length - 2; shift <= 2; shift++) {
        receiver.answer({ status: 500, body: `${'x'.repeat(end + shift)}${bearer}` })
        const text = textOf(await verdictOf(destination))
        for (let part = 6; part <= bearer.length; part++)
          expect(text, `end ${end}, shift ${shift}`).not.toContain(bearer.slice(0, part))
      }
  })

  it('behind white space, which is drawn together, shows no part of it', async () => {
    const receiver = await receiverOf({})
    const destination = destinationAt(receiver.url)
    for (const end of [4096, 64 * 1024])
      for (let shift = -bearer.length - 2; shift <= 2; shift++) {
        receiver.answer({ status: 500, body: `start${' '.repeat(end + shift - 5)}${bearer}` })
        const text = textOf(await verdictOf(destination))
        for (let part = 6; part <= bearer.length; part++)
          expect(text, `end ${end}, shift ${shift}`).not.toContain(bearer.slice(0, part))
      }
  })
})
