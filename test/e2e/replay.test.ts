// Ten thousand delivered events, half of them sent again by their time while new ones come: at a rate, over a kill, and without a relay.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Place } from './run-fixture.ts'

const total = 10_000
const half = total / 2
const perSecond = 500
const batch = 100
/** What comes while the replay goes on. */
const liveEvents = 500
const start = Date.UTC(2026, 4, 17, 8)

let place: Place
beforeEach(async () => {
  place = await Place.make()
})
afterEach(() => place.remove())

/** One event a second from eight o'clock on. */
function line(id: number, at = start + id * 1000): string {
  return `{"event_id":"e-${id}","event_type":"user.signed_in","occurred_at":"${new Date(at).toISOString()}","data":{"id":${id}}}`
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)

function idsIn(body: Buffer): string[] {
  const value = JSON.parse(body.toString()) as { event_id: string } | { event_id: string }[]
  return (Array.isArray(value) ? value : [value]).map((event) => event.event_id)
}

interface Request {
  readonly state: string
  readonly counts: Readonly<Record<string, number>>
}

async function requests(): Promise<readonly Request[]> {
  const { code, out, err } = await place.start(['dlq', 'requests', '--json']).ended
  if (code !== 0) throw new Error(err)
  return (JSON.parse(out) as { requests: readonly Request[] }).requests
}

/** Arrivals by id, without the relay's own audit events, from the `from`th request on. */
function arrivals(from: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { body } of place.receiver.requests.slice(from))
    for (const id of idsIn(body)) if (id.startsWith('e-')) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

async function deliverAll(): Promise<void> {
  place.configure({ siem: place.webhook({ batch, in_flight: 2 }) })
  place.append(...range(0, total).map((id) => line(id)))
  expect((await place.start(['run', '--once']).ended).code).toBe(0)
  expect(arrivals(0).size).toBe(total)
}

const chosen = [
  '--destination',
  'siem',
  '--from',
  '2026-05-17T08:00:00Z',
  '--to',
  new Date(start + half * 1000).toISOString(),
]

it('row 4: half of ten thousand are sent again by their time, over a kill, while live events are not held up', async () => {
  await deliverAll()
  const dry = await place.start(['replay', ...chosen, '--dry-run', '--json']).ended
  expect(JSON.parse(dry.out)).toMatchObject({ dry_run: true, events: half, destination: 'siem', kept_since: null })

  const before = place.receiver.requests.length
  const relay = place.start(['run', '--log-format', 'json'])
  await relay.logged('relay_started')
  const seen = new Map<string, number>()
  place.receiver.answer(({ body }) => {
    for (const id of idsIn(body)) if (!seen.has(id)) seen.set(id, performance.now())
    return {}
  })
  const began = performance.now()
  const replay = place.start(['replay', ...chosen, '--rate', `${perSecond}/s`])
  await replay.sees(until(() => [...seen.keys()].length >= 1000))
  const written = performance.now()
  place.append(...range(total, total + liveEvents).map((id) => line(id)))
  await relay.sees(until(() => seen.has(`e-${total + liveEvents - 1}`)))
  // Live events came through before the replay was: it takes its time, they do not wait for it.
  expect([...seen.keys()].filter((id) => Number(id.slice(2)) < half).length).toBeLessThan(half)
  expect(performance.now() - written).toBeLessThan(10_000)

  relay.signal('SIGKILL')
  await relay.ended
  expect((await replay.ended).code).toBe(1)
  expect((await place.start(['check']).ended).code).toBe(0)
  const next = place.start(['run', '--log-format', 'json'])
  let last: Request | undefined
  while (last?.state !== 'done') last = (await requests()).at(-1)
  const came = arrivals(before)
  expect(last.counts).toMatchObject({ chosen: half, taken: half, skipped: 0, delivered: half, dead: 0, waiting: 0 })
  // The receiver's own count: each of them and nothing else of what it had, and what came twice was in flight at the kill.
  const again = range(0, half).map((id) => `e-${id}`)
  const fresh = range(total, total + liveEvents).map((id) => `e-${id}`)
  expect(new Set(came.keys())).toEqual(new Set([...again, ...fresh]))
  const copies = [...came.values()].reduce((sum, count) => sum + count, 0) - came.size
  expect(copies).toBeLessThanOrEqual(2 * batch + 2000)
  // At the rate that was asked for, but for a page of a thousand at the start of each relay.
  expect(performance.now() - began).toBeGreaterThan(((half - 2 * 1000) / perSecond) * 1000)
  expect((await next.stop()).code).toBe(0)
  expect((await place.start(['check']).ended).code).toBe(0)
}, 120_000)

it('without a relay it delivers itself, and says what it did', async () => {
  place.configure({
    siem: place.webhook({ batch, in_flight: 2 }),
    archive: place.webhook({ url: `${place.receiver.url}/archive` }),
  })
  place.append(...range(0, 200).map((id) => line(id)))
  expect((await place.start(['run', '--once']).ended).code).toBe(0)
  const before = place.receiver.requests.length
  const done = await place.start([
    'replay',
    '--destination',
    'siem',
    '--from',
    '2026-05-17',
    '--to',
    '2026-05-17T08:01:40Z',
  ]).ended
  expect(done).toMatchObject({ code: 0, out: '100 sent again: 100 delivered, 0 dead, 0 waiting\n' })
  expect(done.err).toContain('100 events to send again to siem')
  expect([...arrivals(before)]).toEqual(range(0, 100).map((id) => [`e-${id}`, 1]))
  expect((await place.start(['status', '--check', '--scheduled']).ended).code).toBe(0)
  expect((await place.start(['check']).ended).code).toBe(0)
  const shown = await place.start(['dlq', 'requests']).ended
  expect(shown.out).toContain('100 sent again: 100 delivered, 0 dead, 0 waiting')
})

it('refuses what cannot be meant so', async () => {
  place.configure({ siem: place.webhook() })
  place.append(line(1))
  expect((await place.start(['run', '--once']).ended).code).toBe(0)
  const run = async (...args: string[]) => await place.start(['replay', ...args]).ended
  expect(await run('--from', '1h')).toMatchObject({ code: 2, out: '' })
  expect((await run('--destination', 'siem', '--from', 'yesterday')).err).toContain('2026-05-17T08:00:00Z')
  expect(await run('--destination', 'siem', '--from', '1h', '--to', '2h')).toMatchObject({ code: 2 })
  const unknown = await run('--destination', 'seim', '--from', '1h')
  expect(unknown.code).toBe(2)
  expect(unknown.err).toContain('did you mean "siem"?')
  expect(await run('--destination', 'siem', '--from', '2026-05-01', '--to', '2026-05-02')).toMatchObject({ code: 0 })
})

/** Looks each time the receiver may have something new. */
async function until(met: () => boolean): Promise<void> {
  while (!met()) await place.receiver.received(place.receiver.requests.length + 1)
}
