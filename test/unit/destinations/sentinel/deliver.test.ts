// The whole way to a fake of Azure: signing in, sending, and what becomes of events there.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Destination } from '../../../../src/destinations/destination.ts'
import { sentinel } from '../../../../src/destinations/sentinel/index.ts'
import type { Batch } from '../../../../src/model/batch.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { FakeAzure } from '../../../fakes/azure-ingestion.ts'
import { batchNamed, batchOf, eventText } from '../../../fakes/batches.ts'
import { destinationTools } from '../../../fakes/destination-tools.ts'
import { startReceiver } from '../../../fakes/http-receiver.ts'

const secret = 'canary-s3cret/value+1='
const { signal } = new AbortController()
const closing: (() => Promise<unknown>)[] = []
let azure: FakeAzure

beforeEach(async () => {
  azure = await FakeAzure.start(secret)
  closing.push(() => azure.close())
})

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function open(change: object = {}): { destination: Destination; clock: ReturnType<typeof destinationTools>['clock'] } {
  const tools = destinationTools()
  const destination = sentinel.open(sentinel.options.parse(azure.options(change)), tools)
  closing.push(() => destination.close())
  return { destination, clock: tools.clock }
}

async function send(destination: Destination, batch: Batch = batchNamed('a', 3)): Promise<readonly Verdict[]> {
  const outcome = await destination.send(batch, signal)
  return 'verdicts' in outcome ? outcome.verdicts : await outcome.confirmation
}

const kinds = (verdicts: readonly Verdict[]): string[] => verdicts.map(({ kind }) => kind)
const reasonOf = (verdicts: readonly Verdict[]): { code: string; text: string } => {
  const [verdict] = verdicts
  if (!verdict || verdict.kind === 'delivered') throw new Error('delivered')
  return verdict.reason
}

describe('delivers', () => {
  it.each([[{}], [{ gzip: false }]])('%o', async (change) => {
    const { destination } = open(change)
    expect(kinds(await send(destination))).toEqual(['delivered', 'delivered', 'delivered'])
    expect(azure.table.map((row) => row['event_id'])).toEqual(['a-0', 'a-1', 'a-2'])
    expect(azure.table[0]).toMatchObject({
      TimeGenerated: '2026-05-17T08:00:00.000Z',
      occurred_at: '2026-05-17T08:00:00Z',
      stream: { destination_id: 'archive', attempt: 1 },
    })
  })

  it('with one token for all, until it runs out', async () => {
    const { destination, clock } = open()
    await Promise.all([1, 2, 3, 4, 5].map((number) => send(destination, batchNamed(`${number}`, 2))))
    expect(azure.entra.given).toHaveLength(1)
    await clock.advance(54 * 60_000)
    await send(destination)
    expect(azure.entra.given).toHaveLength(1)
    await clock.advance(60_000)
    await send(destination)
    expect(azure.entra.given).toHaveLength(2)
    expect(azure.table).toHaveLength(16)
  })

  it('row 51: nothing that Azure would spoil, and the rest of its batch', async () => {
    const texts = [eventText('1'), eventText('2', 'x'.repeat(70_000)), eventText('3')]
    expect(kinds(await send(open().destination, batchOf(texts)))).toEqual(['delivered', 'reject', 'delivered'])
    expect(azure.table.map((row) => row['event_id'])).toEqual(['1', '3'])
    await send(open({ long_values: 'send' }).destination, batchOf([texts[1] as string]))
    expect(String(azure.table.at(-1)?.['data'])).toHaveLength(65_536)
  })

  it('row 28: what is old, under the time of its arrival there and with its own time beside it, and says so', async () => {
    const { destination, clock } = open()
    clock.jump(72 * 3_600_000)
    azure.nowMs = clock.now()
    expect(await send(destination)).toMatchObject([{ kind: 'delivered', remark: { code: 'redated' } }, {}, {}])
    expect(azure.table[0]).toMatchObject({
      TimeGenerated: '2026-05-20T08:00:00.000Z',
      occurred_at: '2026-05-17T08:00:00Z',
    })
    const strict = open({ old_events: 'dead_letter' })
    strict.clock.jump(72 * 3_600_000)
    expect(await send(strict.destination)).toMatchObject([{ kind: 'reject', reason: { code: 'too_old' } }, {}, {}])
    expect(azure.table).toHaveLength(3)
  })
})

describe('row 45: a token that is not taken', () => {
  it('is had anew once, and nothing is lost', async () => {
    const { destination } = open()
    await send(destination)
    azure.entra.revoke()
    const all = await Promise.all([1, 2, 3, 4].map((number) => send(destination, batchNamed(`${number}`, 1))))
    expect(kinds(all.flat())).toEqual(['delivered', 'delivered', 'delivered', 'delivered'])
    expect(azure.entra.given).toHaveLength(2)
  })

  it('nor is the next: the destination stops, and asks again at its next trial', async () => {
    const { destination } = open()
    azure.instead = () => ({ status: 401 })
    expect(await send(destination)).toMatchObject([{ kind: 'halt', reason: { code: 'http_401' } }, {}, {}])
    expect(azure.uploads).toHaveLength(2)
    azure.instead = undefined
    expect(kinds(await send(destination))).toEqual(['delivered', 'delivered', 'delivered'])
    expect(azure.entra.given).toHaveLength(3)
  })

  it('when the server has no other, it is not sent a second time', async () => {
    const { destination } = open()
    azure.entra.instead = () => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ access_token: 'always.the-same', token_type: 'Bearer', expires_in: 3600 }),
    })
    expect(kinds(await send(destination))).toEqual(['halt', 'halt', 'halt'])
    expect(azure.uploads).toHaveLength(1)
  })
})

describe('stops, and says why,', () => {
  const withAuth = (change: object): object => ({ auth: { ...(azure.options()['auth'] as object), ...change } })

  it.each<[string, () => object, string, RegExp]>([
    ['a wrong secret', () => withAuth({ client_secret: 'another-one' }), 'oauth_invalid_client', /AADSTS7000215: Inv/],
    ['an unknown tenant', () => withAuth({ tenant_id: 'nobody' }), 'oauth_invalid_request', /AADSTS90002: Tenant/],
    ['an unknown application', () => withAuth({ client_id: 'x' }), 'oauth_unauthorized_client', /AADSTS700016/],
    [
      'the scope of another cloud',
      () => withAuth({ scope: 'https://x/.default' }),
      'oauth_invalid_scope',
      /AADSTS1002012/,
    ],
    ['no authority', () => withAuth({ authority: `${azure.url}/x` }), 'oauth_invalid_request', /AADSTS90002/],
    ['another rule', () => ({ rule: `dcr-${'f'.repeat(32)}` }), 'http_404', /check url and rule/],
    ['another stream', () => ({ stream: 'Custom-Other_CL' }), 'http_400', /InvalidStream.*check stream and rule/],
    ['a role not known yet', () => ((azure.mayPublish = false), {}), 'http_403', /Monitoring Metrics Publisher/],
    ['a page', () => ((azure.instead = () => ({ body: '<title>Sign in</title>' })), {}), 'not_azure', /Sign in/],
  ])('at %s', async (_name, change, code, text) => {
    const verdicts = await send(open(change()).destination)
    expect(kinds(verdicts)).toEqual(['halt', 'halt', 'halt'])
    expect(reasonOf(verdicts).code).toBe(code)
    expect(reasonOf(verdicts).text).toMatch(text)
    expect(reasonOf(verdicts).text.length).toBeLessThan(500)
    expect(sentinel.hints?.(reasonOf(verdicts))).not.toEqual([])
    expect(azure.table).toEqual([])
  })
})

describe('tries again', () => {
  it.each<[string, () => unknown, string]>([
    ['the authority is not well', () => (azure.entra.instead = () => ({ status: 503 })), 'broken'],
    ['the authority cuts', () => (azure.entra.instead = () => ({ cutAt: 10 })), 'broken'],
    ['Azure is not well', () => (azure.instead = () => ({ status: 500 })), 'http_500'],
    [
      'there are too many',
      () => (azure.instead = () => ({ status: 429, headers: { 'retry-after': '9' } })),
      'http_429',
    ],
  ])('when %s', async (_name, spoil, code) => {
    const { destination } = open()
    spoil()
    const verdicts = await send(destination)
    expect(kinds(verdicts)).toEqual(['retry', 'retry', 'retry'])
    expect(reasonOf(verdicts).code).toBe(code)
    azure.entra.instead = azure.instead = undefined
    expect(kinds(await send(destination))).toEqual(['delivered', 'delivered', 'delivered'])
  })

  it('row 54: what was stored, when the answer is lost: twice there, with one id', async () => {
    const { destination } = open()
    azure.after = (answer) => ({ ...answer, cutAt: 5 })
    expect(kinds(await send(destination))).toEqual(['retry', 'retry', 'retry'])
    azure.after = undefined
    await send(destination)
    expect(azure.table.map((row) => row['event_id'])).toEqual(['a-0', 'a-1', 'a-2', 'a-0', 'a-1', 'a-2'])
    expect(new Set(azure.uploads.map(({ headers }) => headers['x-ms-client-request-id'])).size).toBe(1)
  })
})

it('row 52: a body to the limit is taken, compressed or not', async () => {
  const { maxBytes } = sentinel.limits(sentinel.options.parse(azure.options()))
  const pad = (length: number): Batch => ({
    ...batchOf([`{"event_id":"1","data":"${'x'.repeat(length)}"}`]),
    complete: true,
  })
  const frame = 72
  for (const gzip of [true, false]) {
    const { destination } = open({ gzip, long_values: 'send' })
    expect(kinds(await send(destination, pad(maxBytes - frame)))).toEqual(['delivered'])
    expect(await send(destination, pad(1_048_577))).toMatchObject([{ kind: 'reject', split: true }])
  }
})

it('no token and no secret is shown, whoever echoes them', async () => {
  const { destination } = open()
  azure.instead = ({ headers }) => ({ status: 400, body: `you sent ${headers['authorization']} and ${secret}` })
  const shown = inspect([await send(destination), destination], { depth: 9, showHidden: true })
  expect(shown).toContain('[secret]')
  expect(shown).not.toContain('t0ken-canary')
  expect(shown).not.toContain(secret)
  const told = async (error_description: string): Promise<string> => {
    const body = JSON.stringify({ error: 'invalid_client', error_description })
    azure.entra.instead = () => ({ status: 401, headers: { 'content-type': 'application/json' }, body })
    return reasonOf(await send(open().destination)).text
  }
  expect(await told(`no: ${secret}\u001b[31m`)).toMatch(/: no: \[secret\]\\u\{1b\}\[31m$/)
  const cut = await told(`${'x'.repeat(290)}${secret}`)
  expect(cut).not.toContain(secret.slice(0, 6))
  expect(cut.length).toBeLessThan(500)
})

it('row 57: ca_file is what both are known by, Azure and who gives tokens', async () => {
  const path = (name: string): string => fileURLToPath(new URL(`../../../fakes/tls/${name}.pem`, import.meta.url))
  azure = await FakeAzure.start(secret, { cert: readFileSync(path('good')), key: readFileSync(path('good-key')) })
  closing.push(() => azure.close())
  const verdicts = await send(open().destination)
  expect(kinds(verdicts)).toEqual(['halt', 'halt', 'halt'])
  expect(reasonOf(verdicts).code).toBe('tls')
  expect(azure.receiver.requests).toEqual([])
  expect(kinds(await send(open({ ca_file: path('ca') }).destination))).toEqual(['delivered', 'delivered', 'delivered'])
})

describe('the identity of a machine', () => {
  const machine = (more: object = {}, path = '/metadata/identity/oauth2/token'): object => ({
    auth: { managed_identity: true, endpoint: `${azure.url}${path}`, ...more },
  })

  it('is asked for where only the machine can, and not through the proxy', async () => {
    const proxy = await startReceiver()
    closing.push(() => proxy.close())
    const { destination } = open({ ...machine(), proxy: proxy.url })
    proxy.answer({ status: 502 })
    await send(destination).catch(() => undefined)
    expect(azure.entra.given).toHaveLength(1)
    expect(proxy.requests.every(({ method }) => method === 'CONNECT')).toBe(true)
    expect(kinds(await send(open(machine()).destination))).toEqual(['delivered', 'delivered', 'delivered'])
  })

  it('of App Service, which says when a token ends, not how long it lives', async () => {
    azure.entra.identityHeader = 'the-h3ader-of-today'
    azure.entra.life = 2 * 3_600
    const { destination, clock } = open(machine({ identity_header: 'the-h3ader-of-today' }, '/msi/token'))
    await send(destination)
    await clock.advance(114 * 60_000)
    await send(destination)
    expect(azure.entra.given).toHaveLength(1)
    await clock.advance(60_000)
    await send(destination)
    expect(azure.entra.given).toHaveLength(2)
  })

  it('is one of several', async () => {
    azure.entra.identities = ['one', 'two']
    expect(kinds(await send(open(machine({ client_id: 'two' })).destination))).toContain('delivered')
    const verdicts = await send(open(machine({ client_id: 'three' })).destination)
    expect(kinds(verdicts)).toEqual(['halt', 'halt', 'halt'])
    expect(reasonOf(verdicts)).toMatchObject({ code: 'identity_http_400' })
    expect(reasonOf(verdicts).text).toContain('Identity not found')
  })

  it('leaves no connection behind', async () => {
    const { destination } = open(machine())
    await send(destination)
    await destination.close()
    await azure.receiver.deserted()
  })

  it.each([404, 410, 429, 500])('%i passes', async (status) => {
    azure.entra.instead = () => ({ status })
    expect(kinds(await send(open(machine()).destination))).toEqual(['retry', 'retry', 'retry'])
  })

  it.each(['', 'null', '[]', '{"access_token":"a b"}', '{"access_token":7}', '<html>'])(
    '%j is no token',
    async (body) => {
      azure.entra.instead = () => ({ body })
      expect(kinds(await send(open(machine()).destination))).toEqual(['retry', 'retry', 'retry'])
    },
  )
})
