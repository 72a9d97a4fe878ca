// The running relay as a user meets it: what it delivers, how it starts, stops and refuses, and the exit codes that scripts rely on.
import fs from 'node:fs'
import path from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { event, events, ids, Place } from './run-fixture.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
let place: Place
beforeEach(async () => {
  place = await Place.make()
})
afterEach(() => place.remove())

describe('run', () => {
  it('delivers what is there and what is appended later, and nothing twice after a restart', async () => {
    place.configure({ hook: place.webhook() })
    place.append(...events(0, 3))
    const first = place.start(['run'])
    await first.sees(place.receiver.received(3))
    place.append(event(3))
    await first.sees(place.receiver.received(4))
    expect(await first.stop()).toMatchObject({ code: 0, signal: null })

    place.append(event(4))
    const second = place.start(['run'])
    await second.sees(place.receiver.received(5))
    expect((await second.stop()).code).toBe(0)
    expect(place.receivedIds().toSorted()).toEqual(ids(0, 5))
  })

  it('hands on every byte of an event, with source and stream behind it', async () => {
    place.configure({ hook: place.webhook() })
    place.append(event(1))
    const running = place.start(['run'])
    await running.sees(place.receiver.received(1))
    await running.stop()
    const body = place.receiver.requests[0]?.body.toString() ?? ''
    const kept = event(1).slice(0, -1)
    expect(body.slice(0, kept.length)).toBe(kept)
    expect(JSON.parse(body)).toMatchObject({
      source: { name: 'app', type: 'outbox' },
      stream: { destination_id: 'hook', attempt: 1 },
    })
  })

  it('signs so that the library of the standard accepts it', async () => {
    place.configure({ hook: place.webhook({ secret: '${HOOK_SECRET}' }) })
    place.append(event(1))
    const running = place.start(['run'], { HOOK_SECRET: secret })
    await running.sees(place.receiver.received(1))
    const { err } = await running.stop()
    const request = place.receiver.requests[0]
    expect(new Webhook(secret).verify(request?.body.toString() ?? '', { ...request?.headers })).toMatchObject({
      event_id: 'e-1',
    })
    expect(err).not.toContain(secret.slice(6))
  })

  it('filters for each destination apart', async () => {
    place.configure({
      all: place.webhook({ url: `${place.receiver.url}/all`, batch: 100 }),
      failures: place.webhook({ url: `${place.receiver.url}/failures`, filter: { when: 'outcome == "failure"' } }),
    })
    place.append(event(0), event(1, 'failure'), event(2))
    expect((await place.start(['run', '--once']).ended).code).toBe(0)
    const failures = place.receiver.requests.filter((request) => request.path === '/failures')
    expect(failures.map(({ body }) => (JSON.parse(body.toString()) as { event_id: string }).event_id)).toEqual(['e-1'])
    expect(place.receivedIds()).toHaveLength(4)
  })

  it('a second relay beside a living one exits 4 at once; after a kill -9 the next starts at once', async () => {
    place.configure({ hook: place.webhook() })
    const first = place.start(['run'])
    await first.logged('relay_started')
    expect((await place.start(['run']).ended).code).toBe(4)
    first.signal('SIGKILL')
    await first.ended
    place.append(event(1))
    const third = place.start(['run'])
    await third.sees(place.receiver.received(1))
    expect((await third.stop()).code).toBe(0)
  })

  it('a hang-up does not stop it', async () => {
    place.configure({ hook: place.webhook() })
    const running = place.start(['run'])
    await running.logged('relay_started')
    running.signal('SIGHUP')
    place.append(event(1))
    await running.sees(place.receiver.received(1))
    expect((await running.stop()).code).toBe(0)
  })

  it('a second SIGTERM leaves what is in flight, exits 0, and the event comes again later', async () => {
    place.configure({ hook: place.webhook() })
    place.receiver.answer({ never: true })
    place.append(event(1))
    const running = place.start(['run'])
    await running.sees(place.receiver.received(1))
    running.signal('SIGTERM')
    await running.logged('relay_stopping')
    expect((await running.stop()).code).toBe(0)
    place.receiver.answer({})
    expect((await place.start(['run', '--once']).ended).code).toBe(0)
    expect(place.receivedIds()).toEqual(['e-1', 'e-1'])
  })

  it('goes on by itself when a receiver that refused everything takes events again', async () => {
    place.configure({ hook: place.webhook({ batch: 10 }) })
    place.receiver.answer((_, index) => ({ status: index < 3 ? 503 : 200 }))
    place.append(...events(0, 10))
    const running = place.start(['run'])
    await running.sees(place.receiver.received(4))
    expect((await running.stop()).code).toBe(0)
    expect(new Set(place.receivedIds())).toEqual(new Set(ids(0, 10)))
  })

  it('a line that is no event is kept and shown, and holds up nothing', async () => {
    place.configure({ hook: place.webhook() })
    place.append(event(0), '{"torn":', event(1))
    expect((await place.start(['run', '--once']).ended).code).toBe(0)
    expect(place.receivedIds()).toEqual(ids(0, 2))
    const { out } = await place.start(['status', '--json']).ended
    expect(JSON.parse(out)).toMatchObject({ sources: [{ name: 'app', quarantined: 1 }, { name: 'relay' }] })
  })

  it('a missing secret halts its own destination only, and never appears', async () => {
    place.configure({
      archive: { type: 'file', path: './archive' },
      hook: place.webhook({ secret: '${HOOK_SECRET}' }),
    })
    place.append(event(0))
    const running = place.start(['run'])
    await running.logged('health_changed')
    await running.stop()
    expect(place.receiver.requests).toEqual([])
    const [archived = ''] = fs.readdirSync(place.file('archive')).filter((name) => name.endsWith('.jsonl'))
    expect(fs.readFileSync(path.join(place.file('archive'), archived), 'utf8')).toContain('"e-0"')

    const later = place.start(['run'], { HOOK_SECRET: secret })
    await later.sees(place.receiver.received(1))
    expect((await later.stop()).code).toBe(0)
  })

  it('a configuration that cannot be used exits 78 and touches nothing', async () => {
    place.configure({ hook: { type: 'webhook', ulr: 'http://127.0.0.1:9/' } })
    const { code, err } = await place.start(['run']).ended
    expect(code).toBe(78)
    expect(err).toContain('url')
    expect(fs.existsSync(place.file('state.db'))).toBe(false)
  })

  it('a state that has vanished is not replaced by a fresh one', async () => {
    place.configure({ hook: place.webhook() })
    place.append(event(0))
    const first = await place.start(['run', '--once']).ended
    expect([first.code, first.err]).toEqual([0, expect.stringContaining('made a new state')])
    const second = await place.start(['run', '--once']).ended
    expect([second.code, second.err]).toEqual([0, expect.not.stringContaining('made a new state')])
    for (const end of ['', '-wal', '-shm']) fs.rmSync(place.file(`state.db${end}`), { force: true })
    const refused = await place.start(['run', '--once']).ended
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('--new-state')
    expect(fs.existsSync(place.file('state.db'))).toBe(false)
    expect((await place.start(['run', '--once', '--new-state']).ended).code).toBe(0)
  })
})

describe('run --once', () => {
  it('exits 3 while something waits, and 0 when the next run has delivered it', async () => {
    place.configure({ hook: place.webhook() })
    place.receiver.answer({ status: 503 })
    place.append(event(1))
    const { code, err } = await place.start(['run', '--once', '--max-wait', '1s']).ended
    expect(code).toBe(3)
    expect(err).toContain('ended with something left: hook has 1 waiting')
    place.receiver.answer({})
    expect((await place.start(['run', '--once']).ended).code).toBe(0)
    expect(place.receivedIds().at(-1)).toBe('e-1')
    const before = place.receiver.requests.length
    expect((await place.start(['run', '--once']).ended).code).toBe(0)
    expect(place.receiver.requests).toHaveLength(before)
  })

  it('reads to the frontier of its start and ends, although nothing is there', async () => {
    place.configure({ hook: place.webhook() })
    expect((await place.start(['run', '--once']).ended).code).toBe(0)
  })

  it('delivers the sample that ships, with the configuration that ships', async () => {
    const root = path.resolve('.')
    fs.cpSync(path.join(root, 'examples'), place.file('examples'), { recursive: true })
    fs.mkdirSync(place.file('demo-state'))
    fs.copyFileSync(path.join(root, 'config.example.yaml'), place.file('config.example.yaml'))
    const { code, out, err } = await place.start(['run', '--once', '--config', 'config.example.yaml']).ended
    expect(code, err).toBe(0)
    const sample = fs.readFileSync(path.join(root, 'examples/outbox/sample.jsonl'), 'utf8').trim().split('\n')
    for (const line of sample) expect(out).toContain(line.slice(0, -1))
  })
})
