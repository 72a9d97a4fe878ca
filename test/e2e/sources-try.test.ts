// `sources try` as a user types it: exit codes, streams, faults with their places, nothing left behind, and no secret anywhere.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Ended, Place } from './run-fixture.ts'

const SECRET = 'Canary/4711+sesame=="x'
let place: Place
beforeEach(async () => {
  place = await Place.make()
})
afterEach(() => place.remove())

const run = (...args: readonly string[]): Promise<Ended> => place.start(['sources', 'try', ...args], { SECRET }).ended

function write(name: string, text: string): string {
  fs.writeFileSync(path.join(place.folder, name), text)
  return name
}

function definition(more = ''): string {
  return `type: http
url: ${place.receiver.url}
auth: { type: header, headers: { Authorization: "SSWS \${SECRET}" } }
request: { path: /logs, query: { since: "{{from}}", until: "{{to}}", key: "\${SECRET}" } }
page: { type: link }
records: { at: body }
event: { event_id: uuid, event_type: type, occurred_at: at }
${more}`
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '    ')
}

const answer = (...records: object[]): void => {
  place.receiver.answer({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(records) })
}
const hourAgo = (): string => new Date(Date.now() - 1_800_000).toISOString()

describe('files and exit codes', () => {
  test('a definition of its own: 0, the events, and nothing left behind', async () => {
    const at = hourAgo()
    answer({ uuid: 'a', type: 'login', at, n: 1 }, { uuid: 'b', type: 'login', at, n: 2 })
    const { code, out, err } = await run(write('acme.yaml', definition()), '--all')
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^acme \(http\): 1 page read, 2 events; nothing was stored\n/)
    expect(out).toMatch(/"event_id": "a"[^]*"event_id": "b"/)
    expect(out).toMatch(/→ .*put it under "sources:" of your configuration/)
    expect(fs.readdirSync(place.folder)).toEqual(['acme.yaml'])
    expect(place.receiver.requests).toHaveLength(1)
  })

  test('a source of a configuration, whatever else is wrong with that', async () => {
    answer()
    const file = write('relay.yaml', `sources:\n  one:\n${indented(definition())}\n  two: { type: nonsense }\n`)
    const good = await run(file, 'one')
    expect([good.code, good.err]).toEqual([0, ''])
    expect(good.out).toMatch(/records +none[^]*→ nothing came: .*--from 24h/)
    const unnamed = await run(file)
    expect([unnamed.code, unnamed.err]).toEqual([
      2,
      'audit-relay: name a source; there are one, two: audit-relay sources try relay.yaml one\n',
    ])
    expect((await run(file, 'on')).err).toMatch(/no source "on" in relay\.yaml; did you mean one\?/)
  })

  test('78 with the place of the fault: in the definition, and a secret that is missing', async () => {
    const wrong = await run(write('acme.yaml', definition('recrods: { at: body }\n')))
    expect(wrong.code).toBe(78)
    expect(wrong.err).toMatch(/acme\.yaml:8:1 {2}error[^]*did you mean "records"/)
    const missing = await run(write('acme.yaml', definition().replace('SSWS ${SECRET}', '${NOT_THERE}')))
    expect([missing.code, missing.out]).toEqual([78, ''])
    expect(missing.err).toMatch(/acme\.yaml:3:\d+ {2}error {2}.*NOT_THERE/)
    expect((await run(write('other.yaml', 'destinations: {}\n'))).err).toContain('neither "sources" nor "type"')
    expect((await run('not-there.yaml')).code).toBe(78)
    expect(place.receiver.requests).toEqual([])
  })

  test('1 when it cannot be read, 2 for what cannot be meant', async () => {
    const file = write('acme.yaml', definition())
    place.receiver.answer({ status: 403, body: 'not you' })
    const { code, out } = await run(file)
    expect(code).toBe(1)
    expect(out).toMatch(/^acme \(http\): could not be read[^]*→ 403[^]*FAILED[^]*answered 403: not you/)
    for (const flags of [
      ['--from', 'soon'],
      ['--pages', '0'],
      ['--from', '1h', '--to', '2h'],
      ['--events', '-1'],
    ])
      expect((await run(file, ...flags)).code).toBe(2)
  })

  test('beside a relay that holds the state', async () => {
    const at = hourAgo()
    answer({ uuid: 'a', type: 'login', at })
    const file = write('acme.yaml', definition())
    place.configure({ siem: place.webhook() })
    const relay = place.start(['run'])
    await relay.logged('relay_started')
    expect((await run(file)).code).toBe(0)
    await relay.stop()
  })
})

describe('secrets', () => {
  const forms = [
    SECRET,
    JSON.stringify(SECRET).slice(1, -1),
    encodeURIComponent(SECRET),
    Buffer.from(SECRET).toString('base64'),
    Buffer.from(SECRET).toString('base64url'),
    Buffer.from(SECRET).toString('hex'),
  ]

  test.each([200, 401, 500])('an answer %d that echoes them shows none', async (status) => {
    const file = write('acme.yaml', definition())
    const at = hourAgo()
    place.receiver.answer(({ headers }) => ({
      status,
      headers: {
        'content-type': 'application/json',
        'x-ratelimit-note': SECRET,
        link: `<${place.receiver.url}/logs?key=${encodeURIComponent(SECRET)}>; rel="next"`,
      },
      body: JSON.stringify([
        { uuid: `id ${SECRET}`, type: SECRET, at, echo: [...forms, headers['authorization']] },
        { [SECRET]: forms },
      ]),
    }))
    for (const flags of [['--show-body', '--all'], ['--json', '--show-body', '--all'], ['--debug']]) {
      const { out, err, code } = await run(file, ...flags)
      expect(code).toBe(status === 200 ? 0 : 1)
      expect(out).toContain('[secret]')
      for (const form of forms) expect(out + err).not.toContain(form)
    }
  })

  test('--json: standard output holds one JSON text', async () => {
    answer({ uuid: 'a', type: 'login', at: hourAgo() })
    const { out, err } = await run(write('acme.yaml', definition()), '--json')
    expect(err).toBe('')
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      source: { name: 'acme', type: 'http', preset: null },
      records: 1,
      error: null,
      shown_events: [{ event_id: 'a' }],
    })
  })
})
