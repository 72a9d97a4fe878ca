// What Zuora says when it does not answer: inside a 200, of tokens, of limits.
import { expect, test } from 'vitest'
import { failure, json } from '../../../fakes/zuora.ts'
import { drain, login, never, open, startFake } from './reading.ts'

const logs = ['global-logins', 'login-events']

test.each([
  [50_000_050, 'transient'],
  [50_000_061, 'transient'],
  [50_000_060, 'transient'],
  [50_000_099, 'transient'],
  ['53100320', 'denied'],
  [50_000_010, 'denied'],
  [50_000_040, 'denied'],
  [50_000_090, 'denied'],
] as const)('row 34: a failure inside a 200 with the code %s is %s, and no empty page', async (code, kind) => {
  const { fake, source } = await open({ logs })
  fake.add('global-logins', login(1))
  fake.instead = () => failure(Number(code), 'Operation failed due to lock competition')
  const { error, events } = await drain(source, 'global-logins')
  expect(events).toEqual([])
  expect(error).toMatchObject({ name: 'SourceError', kind })
  expect(error?.message).toMatch(/Operation failed due to lock competition \[code \d+, process CBCFED6580B4E076\]/)
  fake.instead = undefined
  expect((await drain(source, 'global-logins')).events).toHaveLength(1)
})

test.each([
  ['retry-after', '7', 7000],
  ['ratelimit-reset', '42', 42_000],
] as const)('row 44: …70 is a limit, for as long as %s says', async (name, value, afterMs) => {
  const { fake, source } = await open({ logs })
  fake.instead = () => failure(50_000_070, 'Request exceeded limit', 200, { [name]: value })
  expect((await drain(source, 'global-logins')).error).toMatchObject({ kind: 'limited', afterMs })
  fake.instead = () => json({}, 429, { [name]: value, 'ratelimit-remaining': '0' })
  expect((await drain(source, 'global-logins')).error).toMatchObject({ kind: 'limited', afterMs })
})

test('…70 without a word of when is a limit of a minute', async () => {
  const { fake, source } = await open({ logs })
  fake.instead = () => failure(50_000_070, 'Request exceeded limit')
  expect((await drain(source, 'global-logins')).error).toMatchObject({ kind: 'limited', afterMs: 60_000 })
})

test('…61 while a job is waited for is asked again, the job is not made anew', async () => {
  const { fake, clock, source } = await open({ logs })
  fake.queries.add('auditloginevent', { id: '1', timestamp: '2026-05-17T07:10:00Z' })
  let refused = 0
  fake.instead = ({ path }) =>
    path.startsWith('/query/jobs/') && refused++ === 0 ? failure(50_000_061, 'wait') : undefined
  const reading = drain(source, 'login-events')
  while (refused < 2) await clock.advance(5000)
  expect((await reading).events).toHaveLength(1)
  expect(fake.queries.jobs).toHaveLength(1)
})

test('a list with a member "success" is no failure unless it says false', async () => {
  const { fake, source } = await open({ logs })
  fake.instead = () => json({ success: true, content: [login(1)], totalPages: 1, totalElements: 1 })
  expect((await drain(source, 'global-logins')).events).toHaveLength(1)
})

test.each([failure(50_000_061, 'x'), json({ success: false }), json({ success: false, reasons: 7 })])(
  'whatever a failure looks like, it is one',
  async (answer) => {
    const { fake, source } = await open({ logs })
    fake.instead = () => answer
    expect((await drain(source, 'global-logins')).error).toMatchObject({ kind: 'transient' })
  },
)

test('one token serves all logs, and is kept until it ends', async () => {
  const { fake, clock, source } = await open({ logs })
  for (let pull = 0; pull < 3; pull++) for (const log of logs) await drain(source, log)
  expect(fake.tokens.given).toHaveLength(1)
  const [asked] = fake.receiver.requests
  expect(asked?.path).toBe('/oauth/token')
  expect(asked?.headers).not.toHaveProperty('authorization')
  expect(Object.fromEntries(new URLSearchParams(asked?.body.toString()))).toEqual({
    client_id: 'client',
    client_secret: 'zuora-secret-1',
    grant_type: 'client_credentials',
  })
  await clock.advance(3_600_000)
  await drain(source, 'global-logins')
  expect(fake.tokens.given).toHaveLength(2)
})

test.each([false, true])('a token that is no longer taken is replaced once (inside a 200: %s)', async (inside) => {
  const { fake, source } = await open({ logs })
  fake.add('global-logins', login(1))
  await drain(source, 'global-logins')
  fake.refusesInside = inside
  fake.tokens.revoke()
  const read = await drain(source, 'global-logins')
  expect(read.error).toBeUndefined()
  expect(read.events).toHaveLength(1)
  expect(fake.tokens.given).toHaveLength(2)
})

test('a token that is never taken is for a person, and tokens are not asked for without end', async () => {
  const { fake, source } = await open({ logs })
  fake.instead = () => failure(90_000_011, 'Authentication error')
  expect((await drain(source, 'global-logins')).error).toMatchObject({ kind: 'denied' })
  expect(fake.tokens.given.length).toBeLessThanOrEqual(2)
})

test('a limit on tokens passes', async () => {
  const fake = await startFake()
  fake.tokenLimit = 0
  const { source } = await open({ logs }, fake)
  expect((await drain(source, 'global-logins')).error).toMatchObject({ kind: 'transient' })
})

test('row 45: a wrong secret is for a person, and is not told', async () => {
  const { source } = await open({ logs, auth: { client_id: 'client', client_secret: 'canary-wrong' } })
  const { error } = await drain(source, 'global-logins')
  expect(error).toMatchObject({ kind: 'denied' })
  expect(error?.message).not.toContain('canary')
})

test('row 45: a token that is echoed in a failure is not told', async () => {
  const { fake, source } = await open({ logs })
  fake.instead = ({ headers }) => failure(50_000_061, `bad ${headers['authorization']} zuora-secret-1`)
  const { error } = await drain(source, 'global-logins')
  expect(error?.message).not.toMatch(/token-0|zuora-secret/)
})

test('an address of its own for the audit logs gets the same token', async () => {
  const fake = await startFake()
  const other = await startFake()
  other.add('global-logins', login(1))
  const { source } = await open({ logs, audit_logs: { url: `${other.url}/one/` } }, fake)
  other.instead = ({ headers, path }) => {
    expect(path).toBe('/one/admin/audit/v2/global-logins')
    expect(fake.tokens.good.has((headers['authorization'] ?? '').replace('Bearer ', ''))).toBe(true)
    return json({ content: [login(1)], totalPages: 1, totalElements: 1 })
  }
  expect((await drain(source, 'global-logins')).events).toHaveLength(1)
  expect((await drain(source, 'login-events')).error).toBeUndefined()
  expect(fake.tokens.given).toHaveLength(1)
})

test('a log that is no more in the file is refused', async () => {
  const { source } = await open({ logs })
  expect((await drain(source, 'nothing')).error).toMatchObject({ kind: 'denied' })
  expect(await source.parts?.(never)).toEqual(logs)
})
