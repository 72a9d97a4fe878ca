// One page of a source that is tried: what was asked, what came, what is odd about it, and what to do, as people and programs see it.
import { describe, expect, test } from 'vitest'
import { acme, type Answering, asJson, NOW, record, shown, tried } from './trying.ts'

const env = { TOKEN: 'canary-token-4711' }
const next = '<https://api.acme.example/v2/audit?cursor=eyJvIjoyfQ&limit=3>; rel="next"'
const mixed: Answering = () => ({
  headers: { link: next, 'x-ratelimit-remaining': '59', server: 'nginx' },
  body: {
    data: [
      record(1, 10),
      record(1, 10),
      record(2, 20, { verb: 'user.created', ok: true }),
      record(2, 21, { n: 12_345 }),
      { ...record(3, 30), ts: undefined, when: '2026-05-17T07:30:00Z', user: { id: 'u3', 'first.name': 'x' } },
      record(4, 58),
    ],
  },
})

describe('what is shown', () => {
  test.each([80, 140])('of a page with all that can be odd, %d columns', async (width) => {
    const report = await tried(acme, mixed, { env })
    await expect(shown(report, width)).toMatchFileSnapshot(`golden/odd-${width}.txt`)
  })

  test.each([80, 140])('of a refusal, with its body, %d columns', async (width) => {
    const refused: Answering = ({ headers }) => ({
      status: 401,
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      body: { error: `no such token: ${headers['authorization']}` },
    })
    const report = await tried(acme, refused, { env })
    await expect(shown(report, width, true)).toMatchFileSnapshot(`golden/refused-${width}.txt`)
  })

  test('no line is wider than the terminal but those of events', async () => {
    const text = shown(await tried(acme, mixed, { env }), 60, true)
    const above = text.slice(0, text.indexOf('EVENT'))
    expect(above.split('\n').filter((line) => line.length > 60)).toEqual([])
  })
})

describe('what is asked', () => {
  test('the newest hour that the relay would read by now', async () => {
    const { window } = await tried({ ...acme, settle: '5m' }, () => ({ body: { data: [] } }), { env })
    expect(window).toEqual({ from: NOW - 65 * 60_000, to: NOW - 5 * 60_000 })
  })

  test('no more at once than the relay would', async () => {
    const from = NOW - 10 * 3_600_000
    const { window, windowNote } = await tried({ ...acme, max_window: '2h' }, () => ({ body: { data: [] } }), {
      env,
      from,
    })
    expect(window).toEqual({ from, to: from + 2 * 3_600_000 })
    expect(windowNote).toContain('max_window')
  })

  test('as many pages as are wanted, and none more', async () => {
    const pages: Answering = (_, index) => ({
      headers: { link: next.replace('eyJvIjoyfQ', `c${index}`) },
      body: { data: [record(index, 10 + index)] },
    })
    const report = await tried(acme, pages, { env, pages: 3, mostShown: 9 })
    expect([report.requests.length, report.pagesRead, report.sighting.events, report.finished]).toEqual([
      3,
      3,
      3,
      false,
    ])
    expect(report.sighting.shown).toHaveLength(3)
  })

  test('a feed: its first request, from the time that is given', async () => {
    const feed = {
      ...acme,
      mode: 'feed',
      request: { path: '/feed', query: { since: '{{from}}' } },
      page: { type: 'token', next: 'body.next', into: 'query.cursor' },
    }
    const from = NOW - 3_600_000
    const report = await tried(feed, () => ({ body: { data: [record(1, 1)], next: 'abc' } }), { env, from })
    expect([report.mode, report.pagesRead, report.failure]).toEqual(['start', 1, null])
    expect(report.requests[0]?.url).toBe('https://api.acme.example/v2/feed?since=2026-05-17T07:00:00.000Z')
    expect(report.next).toContain('abc')
    await expect(tried(feed, () => ({}), { env, to: NOW })).rejects.toThrow(/--to says nothing for this source/)
    await expect(tried(feed, () => ({}), { env, part: 'a' })).rejects.toThrow(/--part says nothing for this source/)
  })

  test('the first part, or the one that is named', async () => {
    const parted = { ...acme, fan_out: { over: ['eu', 'us'] }, request: { ...acme.request, path: '/{{part}}' } }
    const none: Answering = () => ({ body: { data: [] } })
    const first = await tried(parted, none, { env })
    expect([first.part, first.parts]).toEqual(['eu', ['eu', 'us']])
    expect(shown(first, 80)).toContain('part      eu (of 2: eu, us; --part chooses)')
    const named = await tried(parted, none, { env, part: 'us' })
    expect(named.requests[0]?.url).toContain('/v2/us?')
  })
})

describe('what is odd', () => {
  const codes = async (answering: Answering, definition: object = acme) =>
    (await tried(definition, answering, { env })).remarks.map(({ code }) => code)
  const data =
    (...records: object[]): Answering =>
    () => ({ body: { data: records } })

  test('nothing about a good page', async () => expect(await codes(data(record(1, 5), record(2, 6)))).toEqual([]))

  test('ids that are not unique; a record that came twice is another matter', async () => {
    expect(await codes(data(record(1, 5), record(1, 6)))).toEqual(['id_not_unique'])
    expect(await codes(data(record(1, 5), record(1, 5)))).toEqual(['repeated'])
  })

  test('row 23: events outside the window, at its very ends too', async () => {
    const at = (ts: string): object => record(1, 5, { ts })
    expect(await codes(data(at('2026-05-17T06:54:59.999Z')))).toEqual(['outside_window'])
    expect(await codes(data(at('2026-05-17T06:55:00Z')))).toEqual([])
    expect(await codes(data(at('2026-05-17T07:55:00Z')))).toEqual(['outside_window'])
  })

  test('a time in the wrong unit', async () => {
    const event = { ...acme.event, occurred_at: { path: 'ts', as: 'unix_ms' } }
    expect(await codes(data(record(1, 5, { ts: 1_779_000_000 })), { ...acme, event })).toEqual(['odd_time'])
  })

  test('a list that ends although there is more', async () => {
    const linked: Answering = () => ({ headers: { link: next }, body: { data: [record(1, 5)] } })
    expect(await codes(linked, { ...acme, page: { type: 'none' } })).toEqual(['next_link'])
    expect(await codes(data(record(1, 5), record(2, 5), record(3, 5)))).toEqual(['full_page'])
  })

  test("the source's clock, and time that it has forgotten", async () => {
    const slow: Answering = () => ({ headers: { date: new Date(NOW - 90_000).toUTCString() }, body: { data: [] } })
    expect(await codes(slow)).toEqual(['clock_off'])
    const from = NOW - 3 * 86_400_000
    const old = await tried({ ...acme, retention: '2d' }, data(), { env, from })
    expect(old.remarks.map(({ code }) => code)).toEqual(['before_retention'])
  })
})

describe('what failed', () => {
  test.each([
    [{ status: 429, headers: { 'retry-after': '30' } }, 'limited', /^→ wait 30s, then try again/m],
    [{ status: 403, body: 'no' }, 'denied', /^→ mend what it says, then try again \(--show-body/m],
    [
      { headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Sign in</title>' },
      'transient',
      /Sign in/,
    ],
    [{ body: { events: [] } }, 'transient', /at request 1: .*body\.data[^]*the answer has: events/],
  ] as const)('%j', async (answer, kind, words) => {
    const report = await tried(acme, () => answer, { env })
    expect(report.failure).toMatchObject({ kind, request: 1 })
    expect(shown(report, undefined)).toMatch(words)
  })

  test('a window that is too wide: the half of it to try', async () => {
    const wide = { ...acme, errors: [{ status: 400, do: 'too_wide' }] }
    const report = await tried(wide, () => ({ status: 400 }), { env, from: NOW - 7_200_000, to: NOW - 3_600_000 })
    expect(report.failure?.kind).toBe('too_wide')
    expect(shown(report, undefined)).toContain('--from 2026-05-17T06:00:00Z --to 2026-05-17T06:30:00Z')
  })
})

describe('--json', () => {
  test('one stable shape; events with every digit', async () => {
    const big: Answering = () => ({
      body: '{"data":[{"uid":"a","verb":"v","ts":"2026-05-17T07:00:00Z","n":12345678901234567890}]}',
    })
    const text = asJson(await tried(acme, big, { env }))
    expect(text).toContain('"n":12345678901234567890')
    await expect(`${JSON.stringify(JSON.parse(text), null, 2)}\n`).toMatchFileSnapshot('golden/good.json')
  })
})

test('an outbox that gave nothing: what to do is about files, not about requests', async () => {
  const text = shown(await tried({ type: 'outbox', path: '/not-there/*.jsonl' }, () => ({})), 80)
  expect(text).toMatch(/→ nothing came: no file matches "path"/)
  expect(text).not.toMatch(/request|--from/)
})
