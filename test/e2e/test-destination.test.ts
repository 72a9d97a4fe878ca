// `test-destination` as a user types it: exit codes, streams, JSON, and a test beside a running relay that writes the same folder.
import fs from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { event, ids, Place } from './run-fixture.ts'

let place: Place
beforeEach(async () => {
  place = await Place.make()
})
afterEach(() => place.remove())

const run = (args: readonly string[], env = {}) => place.start(['test-destination', ...args], env).ended

interface Report {
  readonly ok: boolean
  readonly destinations: readonly { name: string; ok: boolean; class: string; event_id: string; verdict: string }[]
}

describe('names and exit codes', () => {
  test('0 when it is taken, 1 when not, also for a disabled one; nothing is left behind', async () => {
    place.configure({ siem: place.webhook(), off: place.webhook({ enabled: false, secret: '${NOT_THERE}' }) })
    const good = await run(['siem'])
    expect([good.code, good.err]).toEqual([0, ''])
    expect(good.out).toMatch(/^siem \(webhook\) took the test event in \d+ms\n/)
    expect(good.out).toContain(place.receivedIds()[0])
    const bad = await run(['off'])
    expect(bad.code).toBe(1)
    expect(bad.out).toMatch(/disabled in the configuration[^]*NOT_THERE is not set[^]*What to check/)
    expect(fs.readdirSync(place.folder)).toEqual(['audit-relay.yaml'])
  })

  test('--all goes on after a failure and says which failed', async () => {
    place.configure({ broken: place.webhook({ url: 'http://127.0.0.1:1/' }), siem: place.webhook() })
    const { code, out } = await run(['--all'])
    expect(code).toBe(1)
    expect(out).toMatch(/nothing listens at 127\.0\.0\.1:1[^]*1 of 2 took the test event; not: broken\n$/)
    expect(place.receivedIds()).toHaveLength(1)
  })

  test('2 for a name that does not exist, for none and for both; 78 for a bad file', async () => {
    place.configure({ siem: place.webhook() })
    const slip = await run(['sime'])
    expect([slip.code, slip.out]).toEqual([2, ''])
    expect(slip.err).toMatch(/no destination "sime"; did you mean siem\?/)
    expect((await run([])).err).toMatch(/name a destination, or say --all; there are siem/)
    expect((await run(['siem', '--all'])).code).toBe(2)
    place.configure({ siem: { type: 'webhok' } })
    expect((await run(['siem'])).code).toBe(78)
  })
})

describe('--json', () => {
  test('one shape for one and for all; standard output holds nothing else', async () => {
    place.configure({ siem: place.webhook(), screen: { type: 'stdout' } })
    place.receiver.answer({ status: 404, body: 'nothing here' })
    const { code, out, err } = await run(['--all', '--json'])
    expect(code).toBe(1)
    const report = JSON.parse(out) as Report
    expect(report.ok).toBe(false)
    expect(report.destinations).toMatchObject([
      {
        name: 'siem',
        type: 'webhook',
        enabled: true,
        ok: false,
        class: 'not_found',
        verdict: 'halt',
        reason: { code: 'http_404' },
        request: { method: 'POST', url: `${place.receiver.url}/hook` },
        answer: { status: 404, excerpt: 'nothing here', truncated: false },
      },
      { name: 'screen', ok: true, class: 'delivered', verdict: 'delivered', reason: null, request: null, answer: null },
    ])
    expect(JSON.parse(err)).toMatchObject({ event_id: report.destinations[1]?.event_id })
  })
})

describe('a file destination beside a running relay', () => {
  const archived = (): string[] =>
    fs
      .readdirSync(place.file('archive'))
      .filter((name) => /\.jsonl(\.gz)?$/.test(name))
      .sort()
      .flatMap((name) => {
        const bytes = fs.readFileSync(path.join(place.file('archive'), name))
        const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
        return text
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => (JSON.parse(line) as { event_id: string }).event_id)
      })

  test.each([false, true])(
    'neither disturbs the other, nor what is recognised after a kill (gzip: %s)',
    async (gzip) => {
      place.configure({ archive: { type: 'file', path: './archive', gzip }, siem: place.webhook() })
      const tested: string[] = []
      const relay = place.start(['run'])
      for (let id = 0; id < 4; id++) {
        place.append(event(id))
        await relay.sees(place.receiver.received(id + 1))
        const { code, out } = await run(['archive', '--json'])
        expect(code).toBe(0)
        tested.push(...(JSON.parse(out) as Report).destinations.map((one) => one.event_id))
      }
      relay.signal('SIGKILL')
      await relay.ended
      place.append(event(4))
      expect((await place.start(['run', '--once']).ended).code).toBe(0)
      expect(archived().sort()).toEqual([...ids(0, 5), ...tested].sort())
      const journals = fs.readdirSync(place.file('archive')).filter((name) => name.endsWith('.journal'))
      expect(journals.sort()).toEqual(['.audit-relay-archive%20(test).journal', '.audit-relay-archive.journal'])
    },
  )
})
