// What goes wrong when a ZITADEL instance is asked: whose fault it is, what to do, and nothing secret in it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SourceError } from '../../../../src/model/errors.ts'
import type { Answer } from '../../../fakes/http-receiver.ts'
import { answerBytes } from '../../../fakes/http-receiver.ts'
import type { TestClock } from '../../../fakes/test-clock.ts'
import { FakeZitadel } from '../../../fakes/zitadel.ts'
import { open, readIds } from './reading.ts'

const start = Date.parse('2026-05-17T07:00:00Z')
const hour = { from: start, to: start + 3_600_000 }
const signal = new AbortController().signal
const pat = 'pat-very-secret-0123456789'

let fake: FakeZitadel
let folder: string
beforeEach(async () => {
  fake = await FakeZitadel.start()
  fake.table.add({ createdAt: start * 1000 })
  folder = mkdtempSync(join(tmpdir(), 'zitadel-'))
})
afterEach(async () => {
  await fake.close()
  rmSync(folder, { recursive: true, force: true })
})

async function failure(options: object = {}): Promise<SourceError> {
  const { source } = open(fake, { auth: { token: fake.token(pat) }, ...options })
  const error: unknown = await readIds(source, hour).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(SourceError)
  const { message } = error as SourceError
  expect(message).not.toContain(pat)
  expect(message.length).toBeLessThan(900)
  return error as SourceError
}

describe.each(['gateway', 'connect'] as const)('errors in the form of the %s', (form) => {
  beforeEach(() => (fake.errors = form))
  const answering = (code: number, word: string, message: string): void =>
    void (fake.instead = () => fake.refusal(code, word, message))

  test('row 45: 401 and 403 say what to grant', async () => {
    fake.role = 'ORG_OWNER'
    expect(await failure()).toMatchObject({
      kind: 'denied',
      message: expect.stringMatching(/403.*No matching permissions found.*IAM_OWNER_VIEWER/) as string,
    })
    fake.tokens.good.clear()
    fake.token = () => 'expired'
    expect(await failure({ auth: { token: 'expired' } })).toMatchObject({
      kind: 'denied',
      message: expect.stringMatching(/401.*AUTH-7fs1e.*credentials/) as string,
    })
  })

  test('a filter that it does not take', async () => {
    answering(3, 'invalid_argument', `invalid value ${pat}\u001b[31m`)
    const { kind, message } = await failure()
    expect(kind).toBe('denied')
    expect(message).toMatch(/400: invalid value \[secret\].*event_types/)
    expect(message).not.toContain('\u001b')
  })

  test('another domain', async () => {
    answering(5, 'not_found', 'unable to set instance using origin: Instance not found (QUERY-n0wng)')
    expect(await failure()).toMatchObject({
      kind: 'denied',
      message: expect.stringMatching(/Instance not found.*domain/) as string,
    })
  })

  test('unavailable, internal and unknown: it is tried again', async () => {
    for (const [code, word] of [
      [14, 'unavailable'],
      [13, 'internal'],
      [2, 'unknown'],
    ] as const) {
      answering(code, word, 'An internal error occurred')
      expect(await failure()).toMatchObject({ kind: 'transient' })
    }
  })

  test('an error with status 200 is no empty window', async () => {
    fake.instead = () => ({ ...fake.refusal(7, 'permission_denied', 'No matching permissions found'), status: 200 })
    expect(await failure()).toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('IAM_OWNER_VIEWER') as string,
    })
  })

  test('row 44: 429 waits as long as is said, between a second and an hour', async () => {
    const cases: [string | undefined, number][] = [
      [undefined, 60_000],
      ['30', 30_000],
      ['0', 1000],
      ['-1', 1000],
      ['1000000000000', 3_600_000],
      ['soon', 60_000],
    ]
    for (const [retryAfter, afterMs] of cases) {
      fake.instead = () => ({
        ...fake.refusal(8, 'resource_exhausted', 'too many'),
        headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
      })
      expect(await failure()).toMatchObject({ kind: 'limited', afterMs })
    }
  })
})

test('429 that lasts, or speaks of a quota, is told once as what it may be', async () => {
  const { source, tools } = open(fake)
  fake.instead = () => ({ status: 429, body: 'slow down' })
  for (let pull = 0; pull < 9; pull++) await expect(readIds(source, hour)).rejects.toMatchObject({ kind: 'limited' })
  const limited = fake.instead
  fake.instead = undefined
  await readIds(source, hour)
  fake.instead = limited
  for (let pull = 0; pull < 9; pull++) await expect(readIds(source, hour)).rejects.toMatchObject({ kind: 'limited' })
  expect(tools.notices).toEqual([])
  for (let pull = 0; pull < 3; pull++) await expect(readIds(source, hour)).rejects.toMatchObject({ kind: 'limited' })
  expect(tools.notices).toMatchObject([{ code: 'zitadel_quota', level: 'warning', subject: 'acme' }])
  const other = open(fake)
  fake.instead = () =>
    fake.refusal(8, 'resource_exhausted', 'Quota for authenticated requests is exhausted (QUOTA-Agdh2)')
  await expect(readIds(other.source, hour)).rejects.toThrow(/quota/)
  expect(other.tools.notices).toMatchObject([{ code: 'zitadel_quota' }])
})

test.each<[string, Answer, string]>([
  [
    'a page',
    { body: '<!doctype html><html><title>Sign in</title></html>', headers: { 'content-type': 'text/html' } },
    'transient',
  ],
  ['a redirect', { status: 302, headers: { location: 'https://login.example/' } }, 'denied'],
  ['a page with 404', { status: 404, body: '<html>nginx</html>' }, 'denied'],
  ['a page with 502', { status: 502, body: '<html>Bad Gateway</html>' }, 'transient'],
  ['no JSON', { body: 'ok' }, 'transient'],
  ['nothing', { body: '' }, 'transient'],
  ['a list', { body: '[]' }, 'transient'],
  ['null', { body: 'null' }, 'transient'],
  ['a text', { body: '"events"' }, 'transient'],
  ['another object', { body: '{"result":[]}' }, 'transient'],
  ['success false', { body: '{"success":false}' }, 'transient'],
  ['events that are none', { body: '{"events":null}' }, 'transient'],
  ['events in an object', { body: '{"events":{}}' }, 'transient'],
  ['events in a text', { body: '{"events":"[]"}' }, 'transient'],
  ['a nested list', { body: '{"result":{"events":[]}}' }, 'transient'],
])('row 34: %s instead of events is an error', async (_, answer, kind) => {
  fake.instead = () => answer
  expect((await failure()).kind).toBe(kind)
})

test('no events are an empty answer, in both of its forms', async () => {
  for (const body of ['{}', ' {\n} ', '{"events":[]}', '{"events": []}']) {
    fake.instead = () => ({ body })
    expect(await readIds(open(fake).source, hour)).toEqual([])
  }
})

test('row 35: an answer that is cut at any byte is an error', async () => {
  const body = `{"events":[${fake.table.all.map((event) => fake.json(event)).join(',')}]}`
  const answer = { headers: { 'content-type': 'application/json' }, body }
  const { source } = open(fake)
  fake.instead = () => answer
  expect((await readIds(source, hour)).length).toBe(1)
  for (let cutAt = 0; cutAt < answerBytes(answer).length; cutAt++) {
    fake.instead = () => ({ ...answer, cutAt })
    await expect(readIds(source, hour)).rejects.toBeInstanceOf(SourceError)
  }
  // As a proxy does it that makes up the length.
  for (let cut = 1; cut < body.length; cut++) {
    fake.instead = () => ({ ...answer, body: body.slice(0, cut) })
    await expect(readIds(source, hour)).rejects.toBeInstanceOf(SourceError)
  }
})

describe('service accounts', () => {
  const keyFile = (text = fake.tokens.keyFile()): string => {
    const path = join(folder, 'key.json')
    writeFileSync(path, text)
    return path
  }

  test('by key, with a statement that ZITADEL takes', async () => {
    expect(await readIds(open(fake, { auth: { key_file: keyFile() } }).source, hour)).toHaveLength(1)
    expect(fake.tokens.given).toHaveLength(1)
  })

  test('by client credentials, in the header', async () => {
    const auth = { client_id: fake.tokens.clientId, client_secret: fake.tokens.secret }
    expect(await readIds(open(fake, { auth }).source, hour)).toHaveLength(1)
  })

  test('row 45: a token that is no longer taken is had anew once, in the middle of reading', async () => {
    const { source } = open(fake, { auth: { key_file: keyFile() } })
    await readIds(source, hour)
    fake.tokens.good.clear()
    expect(await readIds(source, hour)).toHaveLength(1)
    expect(fake.tokens.given).toHaveLength(2)
  })

  test('of an old ZITADEL that answers 403 to an expired token, at the next attempt', async () => {
    const { source } = open(fake, { auth: { key_file: keyFile() } })
    await readIds(source, hour)
    const [expired] = fake.tokens.given
    fake.instead = ({ headers }) =>
      headers['authorization'] === `Bearer ${expired}` ? fake.refusal(7, 'permission_denied', 'expired') : undefined
    await expect(readIds(source, hour)).rejects.toMatchObject({ kind: 'denied' })
    expect(await readIds(source, hour)).toHaveLength(1)
  })

  test('when no new token is to be had after a 403: an error of the source', async () => {
    const auth = { client_id: fake.tokens.clientId, client_secret: fake.tokens.secret }
    fake.tokens.life = 600
    const { source, tools } = open(fake, { auth })
    const clock = tools.clock as TestClock
    let given = 0
    fake.instead = ({ path }) => {
      if (path === '/oauth/v2/token') return ++given === 1 ? undefined : { body: '{}', cutAt: 0 }
      return { ...fake.refusal(7, 'permission_denied', 'expired'), after: clock.advance(700_000) }
    }
    await expect(readIds(source, hour)).rejects.toMatchObject({ name: 'SourceError', kind: 'denied' })
    await expect(readIds(source, hour)).rejects.toMatchObject({ name: 'SourceError', kind: 'transient' })
    expect(given).toBeGreaterThan(1)
  })

  test('a wrong secret, and nothing of it in what is said', async () => {
    const auth = { client_id: fake.tokens.clientId, client_secret: 'wrong-and-secret' }
    const { kind, message } = await failure({ auth })
    expect(kind).toBe('denied')
    expect(message).toMatch(/invalid_client/)
    expect(message).not.toContain('wrong-and-secret')
  })
})

describe('probe', () => {
  test('asks for one event, the newest', async () => {
    await open(fake).source.probe?.(signal)
    expect(fake.searches).toEqual([{ asc: false, limit: 1 }])
  })

  test('says which names ZITADEL does not know, for it answers them with silence', async () => {
    const { source } = open(fake, { event_types: ['user.human.sigend.out', 'org.added'], aggregate_types: ['usr'] })
    await expect(source.probe?.(signal)).rejects.toThrow(
      'event_types: ZITADEL knows no "user.human.sigend.out"; did you mean "user.human.signed.out"?',
    )
    await expect(open(fake, { aggregate_types: ['usr', 'org'] }).source.probe?.(signal)).rejects.toThrow(
      'aggregate_types: ZITADEL knows no "usr"; did you mean "user"?',
    )
    await open(fake, { event_types: ['org.added'], aggregate_types: ['org'] }).source.probe?.(signal)
  })

  test('says what to grant', async () => {
    fake.role = 'ORG_OWNER'
    await expect(open(fake).source.probe?.(signal)).rejects.toThrow('IAM_OWNER_VIEWER')
  })
})
