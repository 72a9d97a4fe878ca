// A source that is read in windows over HTTP: read again beside a running relay, over a kill, without a relay, and set back by command.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Receiver, startReceiver } from '../fakes/http-receiver.ts'
import { command, done, requestsOf, until } from './commands.ts'
import { Place } from './run-fixture.ts'

const minute = 60_000
const total = 600
const pageSize = 20

let place: Place
let api: Receiver
/** One event a minute, the last of them ten hours ago; live reading begins after them. */
let first: number
const timeOf = (index: number): number => first + index * minute
const iso = (ms: number): string => new Date(ms).toISOString()

beforeEach(async () => {
  place = await Place.make()
  api = await startReceiver()
  first = Math.floor(Date.now() / minute) * minute - 20 * 60 * minute
  api.answer(({ path }) => {
    const { searchParams } = new URL(path, api.url)
    const [since, until_] = [Date.parse(searchParams.get('since') ?? ''), Date.parse(searchParams.get('until') ?? '')]
    const offset = Number(searchParams.get('offset') ?? 0)
    const found = Array.from({ length: total }, (_, index) => index).filter(
      (index) => timeOf(index) >= since && timeOf(index) < until_,
    )
    const events = found.slice(offset, offset + pageSize).map((index) => ({ id: `e-${index}`, at: iso(timeOf(index)) }))
    return { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ events }) }
  })
  const source = {
    type: 'http',
    url: api.url,
    every: '1s',
    request: { path: '/events', query: { since: '{{from}}', until: '{{to}}' } },
    time: { format: 'rfc3339_ms', bounds: 'half_open' },
    page: { type: 'offset', into: 'query.offset', size: pageSize },
    records: { at: 'body.events' },
    event: { event_id: 'id', event_type: { value: 'test.happened' }, occurred_at: 'at' },
    start: '1h',
    settle: '10s',
    overlap: '1m',
    max_window: '2h',
    sweeps: [],
  }
  place.configure({ hook: place.webhook() }, { api: source })
})
afterEach(async () => {
  await place.remove()
  await api.close()
})

const backfill = (...more: readonly string[]): readonly string[] => {
  return ['backfill', 'api', '--from', iso(first), '--to', iso(timeOf(total)), ...more]
}
const delivered = (): number => new Set(place.receivedIds()).size

it('is read beside a relay, over a kill, once each; and then it is all known', async () => {
  const relay = place.start(['run', '--log-format', 'json'])
  await relay.logged('relay_started')
  const following = command(place, ...backfill('--rate', '60/s'))
  await until(
    async () => place.receivedIds().length,
    (count) => count >= 8 * pageSize,
  )
  relay.signal('SIGKILL')
  await relay.ended
  expect((await following).err).toContain('it is kept, and the next "audit-relay run" goes on with it')
  const show = JSON.parse(await done(place, 'sources', 'show', 'api', '--json')) as { backfills: { covered: number }[] }
  expect(show.backfills[0]?.covered).toBeGreaterThan(0)
  expect(show.backfills[0]?.covered).toBeLessThan(1)
  const again = place.start(['run', '--log-format', 'json'])
  await until(
    () => requestsOf(place),
    ([newest]) => newest?.state === 'done',
  )
  await until(
    async () => delivered(),
    (count) => count === total,
  )
  const [request] = await requestsOf(place)
  expect(request?.backfilled).toMatchObject({ new: total, known: 0, quarantined: 0, covered: 1 })
  expect(await done(place, ...backfill())).toContain(
    `read ${total} records: 0 new, ${total} known already, 0 quarantined`,
  )
  await again.stop()
}, 60_000)

it('is cancelled, and can be left', async () => {
  const relay = place.start(['run', '--log-format', 'json'])
  await relay.logged('relay_started')
  const following = place.start([...backfill('--rate', '10/s')])
  await until(
    () => requestsOf(place),
    ([newest]) => (newest?.backfilled?.pages ?? 0) > 0,
  )
  following.signal('SIGINT')
  expect((await following.ended).err).toContain('It goes on in the relay; audit-relay sources show api shows')
  const [request] = await requestsOf(place)
  expect(await done(place, 'sources', 'show', 'api')).toContain(`#${request?.id} `)
  expect(await done(place, 'backfill', 'api', '--cancel', `${request?.id}`)).toContain('cancelled; until then read')
  expect((await requestsOf(place)).find(({ id }) => id === request?.id)).toMatchObject({ state: 'failed' })
  await relay.stop()
}, 60_000)

it('without a relay it is read and delivered here; what is wrong with the question is said', async () => {
  await done(place, 'run', '--once')
  expect(await done(place, ...backfill())).toContain(`read ${total} records: ${total} new`)
  await done(place, 'run', '--once')
  expect(delivered()).toBe(total)
  const left = await command(place, ...backfill('--no-wait'))
  expect(left.out).toContain('the next run carries it out')
  expect(left.err).toContain('No relay runs: the next run reads it.')
  expect(left.err).not.toContain('nothing else is')
  await done(place, 'run', '--once')
  const [latest] = await requestsOf(place)
  expect(latest).toMatchObject({ state: 'done', backfilled: { new: 0, known: total } })
  const refused = async (...args: readonly string[]): Promise<string> => {
    const { code, err } = await command(place, ...args)
    expect(code).not.toBe(0)
    return err
  }
  expect(await refused('backfill', 'apo', '--from', '2h', '--to', '1h')).toContain('did you mean "api"?')
  expect(await refused('backfill', 'api', '--from', '1h', '--to', '2h')).toContain('is not before')
  expect(await refused('backfill', 'api', '--from', '1h', '--to', '1s')).toContain('"settle"')
  expect(await refused('backfill', 'api', '--from', '1h')).toContain('needs --from and --to')
  expect(await refused(...backfill('--again'))).toContain('add --yes')
}, 60_000)

it('is set back by command, after it was said what that means', async () => {
  await done(place, 'run', '--once')
  const plan = await done(place, 'sources', 'reset', 'api', '--to', iso(first))
  expect(plan).toContain('would be read again')
  expect(plan).toContain('nothing was changed')
  expect(await done(place, 'sources', 'reset', 'api', '--to', iso(first), '--yes')).toContain(
    'it is read on from there',
  )
  await done(place, 'run', '--once')
  await until(
    async () => (await command(place, 'run', '--once')).code,
    () => delivered() === total,
  )
  expect(await done(place, 'sources', 'reset', 'api', '--to', iso(first))).toContain('back to')
}, 60_000)
