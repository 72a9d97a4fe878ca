// The relay audits itself: what happens to one destination arrives at the others as events, with who did it, and never at itself.
import { userInfo } from 'node:os'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Ended, event, events, Place } from './run-fixture.ts'

interface Own {
  readonly event_id: string
  readonly event_type: string
  readonly actor: { readonly kind: string; readonly id: string }
  readonly target?: { readonly kind: string; readonly id: string }
  readonly outcome: string
  readonly data: Readonly<Record<string, unknown>> & { readonly destinations?: readonly string[] }
  readonly source: { readonly name: string; readonly type: string }
}

let place: Place
beforeEach(async () => {
  place = await Place.make()
})
afterEach(() => place.remove())

const everything = { sources: undefined, batch: 100, in_flight: 1 }

function at(name: string, options: object = {}): object {
  return place.webhook({ url: `${place.receiver.url}/${name}`, ...everything, ...options })
}

/** The relay's own events that came to a destination, in order. */
function ownAt(name: string): Own[] {
  return place.receiver.requests
    .filter(({ path }) => path === `/${name}`)
    .flatMap(({ body }) => JSON.parse(body.toString()) as Own[])
    .filter(({ source }) => source.name === 'relay')
}

const kinds = (name: string): string[] =>
  ownAt(name).map(({ event_type: type, data }) => `${type.replace('audit.stream_', '')} ${data.destinations?.join()}`)

async function once(): Promise<number | null> {
  return (await place.start(['run', '--once']).ended).code
}

async function command(...args: string[]): Promise<Ended> {
  const ended = await place.start(args).ended
  expect({ args, code: ended.code, err: ended.err }).toEqual({ args, code: 0, err: '' })
  return ended
}

it('what the file changes between two runs is told to the others, once', async () => {
  place.configure({ a: at('a'), b: at('b') })
  place.append(event(0))
  expect(await once()).toBe(0)
  expect(kinds('a')).toEqual(['destination_created b'])
  expect(kinds('b')).toEqual(['destination_created a'])
  expect(ownAt('b')[0]).toMatchObject({
    actor: { kind: 'system', id: 'audit-relay' },
    target: { kind: 'destination', id: 'a' },
    outcome: 'success',
    data: { type: 'webhook', change: 'created' },
    source: { type: 'relay' },
  })
  expect(await once()).toBe(0)
  expect(kinds('a')).toHaveLength(1)

  place.configure({ a: at('a', { filter: { outcome: 'success' } }), c: at('c', { was: 'b' }), d: at('d') })
  expect(await once()).toBe(0)
  expect(kinds('c')).toEqual(['destination_updated a', 'destination_created d'])
  expect(kinds('a').slice(1)).toEqual(['destination_updated c', 'destination_created d'])

  place.configure({ a: at('a', { filter: { outcome: 'success' } }), d: at('d', { enabled: false }) })
  expect(await once()).toBe(0)
  expect(kinds('a').slice(3).toSorted()).toEqual(['destination_deleted c', 'destination_disabled d'])
  const { out } = await command('check')
  expect(out).not.toBe('')
})

it('a command is told with the user who gave it, also beside a running relay', async () => {
  place.configure({ a: at('a'), b: at('b') })
  const relay = place.start(['run', '--log-format', 'json'])
  await relay.sees(place.receiver.received(2))
  await command('destinations', 'disable', 'a')
  await relay.sees(place.receiver.received(3))
  expect(ownAt('b').at(-1)).toMatchObject({
    event_type: 'audit.stream_destination_disabled',
    actor: { kind: 'user', id: userInfo().username },
    target: { kind: 'destination', id: 'a' },
    data: { change: 'command', discard: false },
  })
  expect((await relay.stop()).code).toBe(0)
})

it('events that die at one destination are told to the other, with their number, and not to the one', async () => {
  place.configure({ siem: at('siem', { batch: undefined }), watch: at('watch') })
  place.receiver.answer(({ path, body }) =>
    path === '/siem' && body.includes('"outcome":"failure"') ? { status: 400, body: 'no such field' } : {},
  )
  place.append(...events(0, 5), event(5, 'failure'), event(6, 'failure'), event(7, 'failure'), event(8))
  expect(await once()).toBe(3)
  // Within a minute more of the kind may be added; the next run carries it.
  expect(kinds('watch')).not.toContain('event_failed siem')
  aMinutePasses()
  const relay = place.start(['run', '--log-format', 'json'])
  await relay.sees(place.receiver.received(place.receiver.requests.length + 1))
  const told = ownAt('watch').filter(({ event_type: type }) => type === 'audit.stream_event_failed')
  expect(told).toMatchObject([
    { outcome: 'failure', data: { destination: 'siem', cause: 'rejected', code: 'http_400', status: 400, count: 3 } },
  ])
  expect(kinds('siem')).toEqual(['destination_created watch'])
  expect((await relay.stop()).code).toBe(0)
  expect((await place.start(['check']).ended).code).toBe(0)
})

/** For what was noticed, which nobody looks at meanwhile. */
function aMinutePasses(): void {
  const db = new Database(place.file('state.db'))
  db.exec('UPDATE notice SET at = at - 60000, ripe_at = ripe_at - 60000 WHERE carried = 0')
  db.close()
}

it.each(['batch', 'event'])(
  'asked for by %s, deliveries are told to the others, and those of such events never',
  async (delivered) => {
    place.configure({ a: at('a'), b: at('b') }, undefined, { audit: { delivered } })
    place.append(...events(0, 3))
    expect(await once()).toBe(0)
    const told = ownAt('b').filter(({ event_type: type }) => type === 'audit.stream_event_delivered')
    expect(told.map(({ data }) => data['count'])).toEqual(delivered === 'batch' ? [3] : [1, 1, 1])
    expect(told.every(({ target }) => target?.id === 'a')).toBe(true)
    if (delivered === 'event') expect(told.map(({ data }) => data['event_id'])).toEqual(['e-0', 'e-1', 'e-2'])
    const before = place.receiver.requests.length
    expect(await once()).toBe(0)
    expect(await once()).toBe(0)
    expect(place.receiver.requests).toHaveLength(before)
  },
)

it('when everybody refuses everything it says so once, and its own words make no more of them', async () => {
  const several = { batch: undefined, in_flight: 4 }
  const both = { a: at('a', several), b: at('b', several) }
  place.configure(both, undefined, { audit: { delivered: 'event' } })
  place.append(...events(0, 4))
  place.receiver.answer({ status: 503 })
  const relay = place.start(['run', '--log-format', 'json'])
  await relay.sees(place.receiver.received(8))
  expect((await relay.stop()).code).toBe(0)
  aMinutePasses()
  await place.start(['run', '--once', '--max-wait', '1s']).ended
  // Two were created, and two failed.
  const before = await ownCount()
  expect(before).toBe(4)
  for (let run = 0; run < 3; run++, aMinutePasses()) await place.start(['run', '--once', '--max-wait', '1s']).ended
  expect(await ownCount()).toBe(before)
  expect((await place.start(['check']).ended).code).toBe(0)
})

/** Events of the built-in source, by the relay's own account. */
async function ownCount(): Promise<number> {
  const { out } = await place.start(['status', '--json']).ended
  const { sources } = JSON.parse(out) as { sources: { name: string; new: number }[] }
  return sources.find(({ name }) => name === 'relay')?.new ?? 0
}
