// Disabling, enabling and removing by command, as an operator does it: beside a relay under load, without one, and with kills between.
import fs from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { type Ended, events, ids, Place } from './run-fixture.ts'

const places: Place[] = []

async function place(): Promise<Place> {
  const made = await Place.make()
  places.push(made)
  return made
}

afterEach(async () => {
  for (const made of places.splice(0)) await made.remove()
})

const quick = { timeout: '2s', in_flight: 1, retry: { schedule: ['100ms', '100ms'] } }

async function command(at: Place, ...args: string[]): Promise<Ended> {
  return at.start(args).ended
}

async function done(at: Place, ...args: string[]): Promise<string> {
  const { code, out, err } = await command(at, ...args)
  expect({ args, code, err }).toEqual({ args, code: 0, err: '' })
  return out
}

interface Shown {
  readonly status: string
  readonly inactive_because: readonly string[]
  readonly waiting: number
}

async function shown(at: Place, name: string): Promise<Shown> {
  const list = JSON.parse(await done(at, 'destinations', 'list', '--json')) as {
    destinations: (Shown & { name: string })[]
  }
  return list.destinations.find((one) => one.name === name) as Shown
}

async function balance(at: Place, name: string): Promise<Record<string, number | boolean>> {
  const { out } = await command(at, 'status', '--json')
  const { destinations } = JSON.parse(out) as { destinations: Record<string, number | boolean>[] }
  return destinations.find((one) => (one['name'] as unknown) === name) as Record<string, number | boolean>
}

async function received(at: Place, count: number): Promise<void> {
  for (;;) {
    const requests = at.receiver.requests.length
    if (new Set(at.receivedIds()).size >= count) return
    await at.receiver.received(requests + 1)
  }
}

describe('destinations, beside a running relay', () => {
  it('disabled under load, its events wait; enabled, everything arrives', async () => {
    const at = await place()
    at.configure({ siem: at.webhook({ ...quick, batch: 10 }), other: { type: 'file', path: './archive' } })
    at.append(...events(0, 500))
    const relay = at.start(['run', '--log-format', 'json'])
    await relay.sees(received(at, 20))

    expect(await done(at, 'destinations', 'disable', 'siem')).toContain('siem: disabled;')
    const before = at.receiver.requests.length
    at.append(...events(500, 700))
    expect(await shown(at, 'siem')).toMatchObject({ status: 'Inactive', inactive_because: ['command'] })
    // Another command takes its turn behind the first: the relay has looked at its requests again, and sent nothing meanwhile.
    expect(await done(at, 'sources', 'enable', 'app')).toContain('app: enabled')
    expect(at.receiver.requests.length).toBe(before)

    expect(await done(at, 'destinations', 'enable', 'siem')).toContain('siem: enabled;')
    await relay.sees(received(at, 700))
    expect((await relay.stop()).code).toBe(0)
    expect(new Set(at.receivedIds())).toEqual(new Set(ids(0, 700)))
    expect(at.receivedIds()).toHaveLength(700)
    expect(await balance(at, 'siem')).toMatchObject({ delivered: 700, waiting: 0, dropped: 0, balanced: true })
  })

  it('stays disabled over a kill and a restart, and keeps what waits', async () => {
    const at = await place()
    at.configure({ siem: at.webhook(quick), other: { type: 'file', path: './archive' } })
    at.append(...events(0, 5))
    const first = at.start(['run', '--log-format', 'json'])
    await first.sees(received(at, 5))
    await done(at, 'destinations', 'disable', 'siem')
    first.signal('SIGKILL')
    await first.ended

    at.append(...events(5, 9))
    expect((await command(at, 'run', '--once')).code).toBe(0)
    expect(at.receivedIds()).toEqual(ids(0, 5))
    expect(await shown(at, 'siem')).toMatchObject({ status: 'Inactive', inactive_because: ['command'], waiting: 4 })

    const second = at.start(['run', '--log-format', 'json'])
    await second.logged('relay_started')
    await done(at, 'destinations', 'enable', 'siem')
    await second.sees(received(at, 9))
    expect((await second.stop()).code).toBe(0)
    expect(at.receivedIds()).toEqual(ids(0, 9))
  })
})

describe('destinations, without a relay', () => {
  it('--discard drops what waits and counts it, and only with --yes', async () => {
    const at = await place()
    at.receiver.answer({ status: 503 })
    at.configure({ siem: at.webhook(quick) })
    at.append(...events(0, 6))
    expect((await command(at, 'run', '--once', '--max-wait', '100ms')).code).toBe(3)

    const refused = await command(at, 'destinations', 'disable', 'siem', '--discard')
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('drops 6 waiting events')])
    expect(await done(at, 'destinations', 'disable', 'siem', '--discard', '--yes')).toContain('6 events dropped')
    at.append(...events(6, 10))
    expect((await command(at, 'run', '--once')).code).toBe(0)
    expect(await balance(at, 'siem')).toMatchObject({
      offered: 10,
      waiting: 0,
      retrying: 0,
      dropped: 10,
      balanced: true,
    })

    at.receiver.answer({ status: 200 })
    await done(at, 'destinations', 'enable', 'siem')
    at.append(...events(10, 12))
    const before = at.receiver.requests.length
    expect((await command(at, 'run', '--once', '--max-wait', '40s')).code).toBe(0)
    expect(at.receivedIds().slice(before)).toEqual(ids(10, 12))
    expect((await command(at, 'check')).code).toBe(0)
  }, 90_000)

  it('removes only what has left the configuration, and says first what that drops', async () => {
    const at = await place()
    at.configure({ old: at.webhook(quick), siem: at.webhook(quick) })
    at.append(...events(0, 3))
    expect((await command(at, 'run', '--once')).code).toBe(0)
    await done(at, 'destinations', 'disable', 'old')
    at.append(...events(3, 7))
    expect((await command(at, 'run', '--once')).code).toBe(0)
    expect(await command(at, 'destinations', 'remove', 'old', '--yes')).toMatchObject({ code: 2 })

    at.configure({ siem: at.webhook(quick) })
    expect((await command(at, 'run', '--once')).code).toBe(0)
    expect((await shown(at, 'old')).inactive_because).toEqual(['not_configured', 'command'])
    const asked = await command(at, 'destinations', 'remove', 'old')
    expect([asked.code, asked.err]).toEqual([2, expect.stringContaining('would drop 4 waiting events')])
    expect(await done(at, 'destinations', 'remove', 'old', '--yes')).toContain('dropped 4 waiting events')
    expect(await shown(at, 'old')).toBeUndefined()
    expect((await command(at, 'check')).code).toBe(0)
  })

  it('an unknown name is a slip of the hand, and what the file disables is enabled there', async () => {
    const at = await place()
    at.configure({ siem: at.webhook(quick), off: at.webhook({ enabled: false }) })
    expect((await command(at, 'run', '--once')).code).toBe(0)
    expect(await command(at, 'destinations', 'disable', 'sime')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean "siem"?') as string,
    })
    expect(await command(at, 'destinations', 'enable', 'off')).toMatchObject({
      code: 2,
      err: expect.stringContaining('set "enabled: true"') as string,
    })
  })
})

describe('sources', () => {
  it('disabled, it is not read; enabled, it goes on where it was', async () => {
    const at = await place()
    at.configure({ siem: at.webhook(quick) })
    at.append(...events(0, 4))
    const relay = at.start(['run', '--log-format', 'json'])
    await relay.sees(received(at, 4))
    expect(await done(at, 'sources', 'disable', 'app')).toContain('app: disabled')
    at.append(...events(4, 8))
    expect((await relay.stop()).code).toBe(0)
    expect((await command(at, 'run', '--once')).code).toBe(0)
    expect(at.receivedIds()).toEqual(ids(0, 4))
    expect(await done(at, 'sources', 'list')).toMatch(/app +outbox +Inactive +by command/)

    await done(at, 'sources', 'enable', 'app')
    expect((await command(at, 'run', '--once')).code).toBe(0)
    expect(at.receivedIds()).toEqual(ids(0, 8))
    expect(fs.existsSync(at.file('state.db'))).toBe(true)
  })

  it('one that was added to the configuration is disabled before it is ever read', async () => {
    const at = await place()
    at.configure({ siem: at.webhook({ ...quick, sources: ['app'] }) })
    at.append(...events(0, 2))
    expect((await command(at, 'run', '--once')).code).toBe(0)
    const sources = { app: { type: 'outbox', path: './outbox.jsonl' }, late: { type: 'outbox', path: './late.jsonl' } }
    at.configure({ siem: at.webhook({ ...quick, sources: ['app', 'late'] }) }, sources)
    fs.writeFileSync(at.file('late.jsonl'), `${events(2, 4).join('\n')}\n`)
    expect(await done(at, 'sources', 'disable', 'late')).toContain('late: disabled')
    expect((await command(at, 'run', '--once')).code).toBe(0)
    expect(at.receivedIds()).toEqual(ids(0, 2))
    expect(await done(at, 'sources', 'list')).toMatch(/late +outbox +Inactive +by command/)

    const relay = at.start(['run', '--log-format', 'json'])
    await relay.logged('relay_started')
    await done(at, 'sources', 'enable', 'late')
    await relay.sees(received(at, 4))
    expect((await relay.stop()).code).toBe(0)
    expect((await command(at, 'check')).code).toBe(0)
  })

  it("the relay's own is always on, and the try is audited", async () => {
    const at = await place()
    at.configure({ siem: at.webhook(quick) })
    const relay = at.start(['run', '--log-format', 'json'])
    await relay.logged('relay_started')
    const refused = await command(at, 'sources', 'disable', 'relay')
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('is always on')])
    expect(await done(at, 'audit', '--type', 'source_*')).toMatch(/source_disabled +relay .*failed: source "relay"/)
    expect((await relay.stop()).code).toBe(0)
    // Without a relay, too.
    const { records } = JSON.parse(await done(at, 'audit', '--type', 'source_*', '--json')) as { records: object[] }
    expect(records).toMatchObject([{ event_type: 'audit.stream_source_disabled', outcome: 'failure', source: 'relay' }])
    expect(await done(at, 'sources', 'list')).not.toMatch(/relay.*Inactive/)
  })
})
