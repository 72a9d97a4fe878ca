// A test event against receivers that fail in every way that we know of: the class, the words, and no secret in any of it.
import fs from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import type { TlsOptions } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DestinationConfig } from '../../../src/config/config.ts'
import { readConfig } from '../../../src/cli/read-config.ts'
import { paintFor } from '../../../src/cli/paint.ts'
import type { DestinationKind } from '../../../src/destinations/destination.ts'
import type { Finding } from '../../../src/cli/test-destination/facts.ts'
import { findingOf } from '../../../src/cli/test-destination/finding.ts'
import type { Facts } from '../../../src/cli/test-destination/facts.ts'
import { testedJson } from '../../../src/cli/test-destination/json.ts'
import { testedLines } from '../../../src/cli/test-destination/render.ts'
import { testOne } from '../../../src/cli/test-destination/test-one.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createHttpClient, type HttpClientOptions } from '../../../src/runtime/http-client.ts'
import { systemRandom } from '../../../src/runtime/random.ts'
import { type Answer, answerBytes, type Receiver, startReceiver } from '../../fakes/http-receiver.ts'

const SECRET = 'hunter2/+&sesame "öpen"'
const TOKEN = 'Tk-0123456789abcdef'
let folder: string
let receivers: Receiver[]

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'audit-relay-test-destination-'))
  receivers = []
})
afterEach(async () => {
  await Promise.all(receivers.map((receiver) => receiver.close()))
  fs.rmSync(folder, { recursive: true })
})

function pathOf(name: string): string {
  return path.resolve('test/fakes/tls', name)
}

function pem(name: string): string {
  return fs.readFileSync(pathOf(name), 'utf8')
}

async function receiverOf(answer: Answer, tls?: TlsOptions): Promise<Receiver> {
  const receiver = await startReceiver(tls)
  receivers.push(receiver)
  receiver.answer(answer)
  return receiver
}

function destinationOf(options: object, env: Record<string, string> = { SECRET, TOKEN }): DestinationConfig {
  const file = path.join(folder, 'audit-relay.yaml')
  const config = { state: './state.db', sources: {}, destinations: { siem: options } }
  fs.writeFileSync(file, JSON.stringify(config))
  return readConfig(file, { env }).destinations[0] as DestinationConfig
}

function webhook(url: string, more: object = {}): DestinationConfig {
  return destinationOf({
    type: 'webhook',
    url: `${url}/hook?key=\${TOKEN}`,
    secret: '${SECRET}',
    headers: { authorization: 'Bearer ${TOKEN}' },
    timeout: '5s',
    ...more,
  })
}

interface Found extends Finding {
  readonly facts: Facts
  /** All that could be shown of it. */
  readonly shown: string
}

async function found(config: DestinationConfig, more: { caFile?: string; proxy?: string } = {}): Promise<Found> {
  const trusted = more.caFile === undefined ? {} : { caFile: more.caFile }
  const http = (options: HttpClientOptions) => createHttpClient({ ...options, ...trusted })
  const facts = await testOne(config, { clock: systemClock, random: systemRandom, http })
  const now = Date.now()
  const finding = findingOf(facts, { now, proxy: more.proxy ?? '' })
  const tested = { facts, finding }
  const lines = testedLines(tested, { paint: paintFor({ colour: 0 }), width: undefined })
  return { ...finding, facts, shown: `${lines.join('\n')}\n${JSON.stringify(testedJson([tested], now))}` }
}

async function answered(answer: Answer, more: object = {}): Promise<Found> {
  return found(webhook((await receiverOf(answer)).url, more))
}

describe('a kind with advice of its own', () => {
  const splunk = (url: string) => destinationOf({ type: 'splunk_hec', url, token: '${TOKEN}', timeout: '5s' })
  const refused = (status: number, code: number): Answer => ({ status, body: JSON.stringify({ text: 'No', code }) })

  it('gives it instead of the general one', async () => {
    const { class: word, checks, shown } = await found(splunk((await receiverOf(refused(400, 7))).url))
    expect(word).toBe('bad_request')
    expect(checks.join()).toContain('"allowed indexes" of the token')
    expect(shown).not.toContain('For a webhook')
    expect(shown).not.toContain(TOKEN)
  })

  it('leaves the general one where it has none', async () => {
    const { checks } = await found(splunk((await receiverOf(refused(500, 8))).url))
    expect(checks.join()).toContain('The fault is over there')
  })
})

describe('a receiver that takes it', () => {
  it('is sent the synthetic event by the real way: signed, with stream and source', async () => {
    const receiver = await receiverOf({ status: 202, body: 'thanks' })
    const { facts, class: word, checks } = await found(webhook(receiver.url))
    expect([word, checks]).toEqual(['delivered', []])
    const [request] = receiver.requests
    expect(request?.headers['webhook-signature']).toMatch(/^v1,/)
    expect(JSON.parse(request?.body.toString() ?? '')).toEqual({
      event_id: facts.eventId,
      event_type: 'test.audit_stream',
      occurred_at: new Date(facts.sentAt).toISOString(),
      outcome: 'success',
      data: { test: true },
      source: { name: 'relay', type: 'relay' },
      stream: { destination_id: 'siem', attempt: 1, first_attempted_at: new Date(facts.sentAt).toISOString() },
    })
    expect(facts.eventId).toMatch(/^test-[0-9a-f]{16}$/)
    expect(receiver.requests).toHaveLength(1)
  })

  it('has another id each time', async () => {
    const config = webhook((await receiverOf({})).url)
    expect((await found(config)).facts.eventId).not.toBe((await found(config)).facts.eventId)
  })

  it.each<[string, Answer]>([
    [
      '1xx before the answer',
      { raw: 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n' },
    ],
    ['an invalid gzip body', { headers: { 'content-encoding': 'gzip' }, body: 'not gzip' }],
    ['a page in a JSON text', { body: '{"html":"<html>"}', headers: { 'content-type': 'application/json' } }],
  ])('%s is no failure', async (_name, answer) => {
    expect((await answered(answer)).class).toBe('delivered')
  })

  it('row 36: an endless body is cut off, and said', async () => {
    const { facts, class: word } = await answered({ endless: true })
    expect(word).toBe('delivered')
    expect(facts.notes.join()).toMatch(/has no end/)
  })
})

describe('an answer that is no delivery', () => {
  const page = '<!DOCTYPE html><html><head><title>Sign in</title></head></html>'
  const cases: readonly [string, Answer, string, RegExp][] = [
    ['200 with a page', { body: page }, 'web_page', /not the answer of a SIEM/],
    [
      '301 with a target',
      { status: 301, headers: { location: '/v2/in?token=abcdefgh' } },
      'redirect',
      /\/v2\/in\?token=\[secret\]/,
    ],
    [
      '302 to a login',
      { status: 302, headers: { location: 'https://idp.example/login' } },
      'redirect',
      /made for people/,
    ],
    ['304 without a target', { status: 304 }, 'redirect', /without saying where/],
    ['400', { status: 400, body: '{"error":"no"}' }, 'bad_request', /one event per request, or an array/],
    [
      '400 of an HTTPS port',
      { status: 400, body: 'The plain HTTP request was sent to HTTPS port' },
      'plain_on_tls_port',
      /https:\/\//,
    ],
    ['401', { status: 401 }, 'unauthorized', /sent in authorization, webhook-signature/],
    ['403', { status: 403 }, 'forbidden', /may not write there/],
    ['403 of a firewall', { status: 403, body: page, headers: { server: 'waf' } }, 'forbidden', /calls itself waf/],
    ['404', { status: 404 }, 'not_found', /letter by letter/],
    ['405', { status: 405 }, 'method', /takes a POST/],
    ['407', { status: 407, headers: { via: '1.1 squid' } }, 'proxy_credentials', /calls itself 1\.1 squid/],
    ['410', { status: 410 }, 'gone', /given up for good/],
    ['413', { status: 413 }, 'too_large', /client_max_body_size/],
    ['418', { status: 418 }, 'refused_other', /own words/],
    ['422', { status: 422 }, 'bad_request', /kind of this destination/],
    ['429', { status: 429, headers: { 'retry-after': '17' } }, 'rate_limited', /Retry-After: 17/],
    ['500', { status: 500 }, 'server_error', /fault is over there/],
    ['502 with a page', { status: 502, body: page }, 'gateway', /cannot reach what is behind/],
    ['503 without', { status: 503 }, 'server_error', /fault is over there/],
    ['504 with a page', { status: 504, body: page }, 'gateway', /balancer/],
  ]
  it.each(cases)('%s', async (_name, answer, word, said) => {
    const { class: got, checks, shown } = await answered(answer)
    expect(got).toBe(word)
    expect(checks.join('\n')).toMatch(said)
    expect(shown).toContain('did not take the test event')
    expect(shown).not.toMatch(/undefined|NaN|\[object/)
  })

  it('401 without credentials says that there were none', async () => {
    const { url } = await receiverOf({ status: 401 })
    const { checks } = await found(destinationOf({ type: 'webhook', url }))
    expect(checks[0]).toMatch(/no credentials at all/)
  })

  it('401 from a receiver with another clock names the difference', async () => {
    const date = new Date(Date.now() - 3_600_000).toUTCString()
    expect((await answered({ status: 401, headers: { date } })).checks.join()).toMatch(/clock and ours differ by 1h/)
    const right = new Date().toUTCString()
    expect((await answered({ status: 401, headers: { date: right } })).checks.join()).not.toMatch(/clock/)
  })
})

describe('no answer', () => {
  it('refused, with the address, and with the proxy that is not used', async () => {
    const { url } = await receiverOf({})
    await receivers.pop()?.close()
    const { class: word, checks, shown } = await found(webhook(url), { proxy: 'HTTPS_PROXY' })
    expect(word).toBe('refused')
    expect(checks[0]).toContain(new URL(url).host)
    expect(checks.join()).toMatch(/HTTPS_PROXY is set here/)
    expect(shown).toContain(`POST ${url}/hook?key=[secret]`)
  })

  it('an unknown name', async () => {
    const { class: word, checks } = await found(webhook('http://nowhere.invalid'))
    expect(['name_unknown', 'name_server']).toContain(word)
    expect(checks.join()).toContain('getent hosts nowhere.invalid')
  })

  it.each<[string, Answer, string]>([
    ['silence', { never: true }, 'timeout_answer'],
    ['half a body, byte by byte', { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc' }, 'timeout_body'],
  ])('row 46: %s', async (_name, answer, word) => {
    const { class: got, facts } = await answered(answer, { timeout: '1s' })
    expect([got, facts.verdict.kind]).toEqual([word, 'retry'])
  })

  it('rows 35 and 54: cut at any byte of the answer', async () => {
    const whole = { status: 200, headers: { 'x-a': 'b' }, body: 'some body' }
    const receiver = await receiverOf(whole)
    const config = webhook(receiver.url)
    for (let cutAt = 0; cutAt < answerBytes(whole).length; cutAt += 7) {
      receiver.answer({ ...whole, cutAt })
      expect(`${cutAt} ${(await found(config)).class}`).toBe(`${cutAt} cut`)
    }
  })

  it('something that does not speak HTTP', async () => {
    const { class: word, checks } = await answered({ raw: 'SSH-2.0-OpenSSH_9\r\n' })
    expect(word).toBe('not_http')
    expect(checks.join()).toMatch(/Check the port/)
  })
})

describe('TLS', () => {
  const ca = pem('ca.pem')
  const caFile = pathOf('ca.pem')
  const certificate = (name: string) => ({ cert: pem(`${name}.pem`), key: pem(`${name}-key.pem`) })

  it('a good certificate of a trusted authority', async () => {
    const { url } = await receiverOf({}, certificate('good'))
    expect((await found(webhook(url), { caFile })).class).toBe('delivered')
  })

  it.each<[string, TlsOptions, string | undefined, string, RegExp]>([
    ['expired', certificate('expired'), caFile, 'tls_expired', /this machine's clock/],
    // Its own authority, from the year 2120 on.
    [
      'not yet valid',
      certificate('future'),
      pathOf('future.pem'),
      'tls_not_yet_valid',
      /clock is wrong: it says \d{4}-/,
    ],
    [
      'another name',
      certificate('other'),
      caFile,
      'tls_wrong_host',
      /for DNS:elsewhere\.example, and we asked for 127\.0\.0\.1/,
    ],
    ['unknown authority', certificate('good'), undefined, 'tls_untrusted', /NODE_EXTRA_CA_CERTS/],
    [
      'too old',
      { ...certificate('good'), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      caFile,
      'tls_version',
      /1\.2 or newer/,
    ],
    [
      'wants a client certificate',
      { ...certificate('good'), requestCert: true, ca, maxVersion: 'TLSv1.2' },
      caFile,
      'tls_refused',
      /certificate from its client/,
    ],
    [
      'wants one, in TLS 1.3',
      { ...certificate('good'), requestCert: true, ca },
      caFile,
      'cut_secure',
      /certificate from its client/,
    ],
  ])('%s', async (_name, tls, trusted, word, said) => {
    const { url } = await receiverOf({}, tls)
    const { class: got, checks } = await found(webhook(url), trusted === undefined ? {} : { caFile: trusted })
    expect(got).toBe(word)
    expect(checks.join('\n')).toMatch(said)
  })

  it('https to a plain port, and http to a TLS port', async () => {
    const plain = createHttpServer((_request, response) => response.end('hello'))
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
    const { port } = plain.address() as { port: number }
    expect((await found(webhook(`https://127.0.0.1:${port}`))).class).toBe('tls_on_plain_port')
    plain.close()
    const silent = await found(webhook((await receiverOf({})).url.replace('http:', 'https:'), { timeout: '1s' }))
    expect([silent.class, silent.checks.join()]).toEqual([
      'timeout_connect',
      expect.stringContaining('is https:// right?'),
    ])
    const secure = await receiverOf({}, certificate('good'))
    const { class: word, checks } = await found(webhook(secure.url.replace('https:', 'http:')))
    expect(word).toBe('cut')
    expect(checks[0]).toMatch(/write https:\/\/ in `url`/)
  })
})

describe('secrets', () => {
  const forms = (secret: string): readonly string[] => {
    const bytes = Buffer.from(secret)
    const quoted = JSON.stringify(secret).slice(1, -1)
    const entities = secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
    return [
      secret,
      quoted,
      encodeURIComponent(secret),
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      entities,
      secret.toUpperCase(),
    ]
  }

  it.each([200, 400, 401, 500])('a receiver that echoes them with %i gets none of them printed', async (status) => {
    const all = [...forms(SECRET), ...forms(TOKEN)]
    const receiver = await receiverOf({})
    for (const form of all) {
      receiver.answer({
        status,
        body: `you said ${form} twice: ${form}`,
        headers: { server: encodeURIComponent(form) },
      })
      const { shown } = await found(webhook(receiver.url))
      expect(shown).toContain('[secret]')
      for (const each of [form, ...all]) expect(shown.includes(each), `${form} shows ${each}`).toBe(false)
    }
  })

  it('in another encoding of text, in a redirect and in the parser of HTTP', async () => {
    for (const answer of [
      { status: 401, body: Buffer.from(`no: ${TOKEN}`, 'utf16le') },
      { status: 302, headers: { location: `/login?back=${TOKEN}` } },
      { raw: `${TOKEN} is not HTTP\r\n\r\n` },
      { status: 401, headers: { 'content-encoding': 'gzip' }, body: gzipSync(TOKEN) },
    ]) {
      const { shown } = await answered(answer)
      expect(shown.replaceAll(/\\u\{?0+\}?/g, '').replaceAll('\\', '')).not.toContain(TOKEN)
    }
  })

  it('a user and password, and a token in the path of the address', async () => {
    const receiver = await receiverOf((() => ({ status: 403, body: 'swordfish9 T0123456789abcdefXYZ' }))())
    const url = `${receiver.url.replace('http://', 'http://me-myself:swordfish9@')}/in/T0123456789abcdefXYZ`
    const { shown } = await found(destinationOf({ type: 'webhook', url }))
    expect(shown).not.toMatch(/swordfish9|T0123456789/)
    expect(shown).toContain(`POST ${receiver.url}/in/[secret]`)
  })

  it('control characters of an answer reach no terminal', async () => {
    const { shown } = await answered({ status: 500, body: 'a\u001b[2Jb', headers: { server: 'x\u009b31m' } })
    // oxlint-disable-next-line no-control-regex -- that is what it looks for
    expect(shown).not.toMatch(/[\u001b\u009b]/)
  })
})

describe('before anything is sent', () => {
  it('a secret that is missing: what, and where it has to be', async () => {
    const config = destinationOf({ type: 'webhook', url: 'http://127.0.0.1:1', secret: '${NOT_THERE}' })
    const { class: word, checks, facts, shown } = await found(config)
    expect([word, facts.exchange]).toEqual(['setup', null])
    expect(shown).toContain('NOT_THERE is not set')
    expect(checks.join()).toMatch(/LoadCredential/)
  })

  it('a file has no receiver to look at', async () => {
    const { shown, facts } = await found(destinationOf({ type: 'file', path: './daily' }))
    expect(facts.verdict.kind).toBe('delivered')
    expect(shown).not.toContain('at the receiver')
  })

  it('a folder that cannot be written', async () => {
    fs.writeFileSync(path.join(folder, 'taken'), '')
    const { class: word, checks } = await found(destinationOf({ type: 'file', path: './taken' }))
    expect(word).toBe('file_denied')
    expect(checks.join()).toMatch(/user of the relay/)
  })
})

describe('a destination that acknowledges later', () => {
  const kind = (confirmation: Promise<readonly { kind: 'delivered' }[]>): DestinationKind =>
    ({
      open: () => ({ send: () => Promise.resolve({ confirmation }), close: () => Promise.resolve() }),
    }) as unknown as DestinationKind
  const tools = { clock: systemClock, random: systemRandom }

  it('is waited for, as long as its time-out says', async () => {
    const config = destinationOf({ type: 'webhook', url: 'http://127.0.0.1:1', timeout: '1s' })
    const good = await testOne(config, { ...tools, kindOf: () => kind(Promise.resolve([{ kind: 'delivered' }])) })
    expect(good.verdict).toEqual({ kind: 'delivered' })
    const clock = { ...systemClock, sleep: () => Promise.resolve() }
    const bad = await testOne(config, { ...tools, clock, kindOf: () => kind(new Promise(() => undefined)) })
    expect(bad.verdict).toMatchObject({ kind: 'retry', reason: { code: 'timeout' } })
  })
})

describe('a port that drips', () => {
  it('row 46: an answer byte by byte ends with the time-out', async () => {
    const timers = new Set<NodeJS.Timeout>()
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n')
      timers.add(setInterval(() => socket.write('a'), 20))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as { port: number }
      expect((await found(webhook(`http://127.0.0.1:${port}`, { timeout: '1s' }))).class).toBe('timeout_body')
    } finally {
      for (const timer of timers) clearInterval(timer)
      server.close()
    }
  })
})

describe('the words on a terminal', () => {
  it.each([80, 140])('fit %i columns, and every class has its line in the documentation', async (width) => {
    const documented = fs.readFileSync(path.resolve('docs/testing-a-destination.md'), 'utf8')
    for (const status of [200, 302, 400, 401, 403, 404, 405, 407, 408, 410, 413, 418, 429, 500, 502]) {
      const answer = { status, body: `<html><title>${'word '.repeat(30)}</title></html>` }
      const { facts, checks, class: word } = await answered(answer)
      const tested = { facts: { ...facts, enabled: false }, finding: { class: word, checks } }
      const lines = testedLines(tested, { paint: paintFor({ colour: 0 }), width })
        .join('\n')
        .split('\n')
      expect(lines.filter((line) => line.length > width)).toEqual([])
      expect(documented).toContain(`\`${word}\``)
    }
  })
})
