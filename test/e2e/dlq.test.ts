// Ten thousand dead letters made by the real relay: looked at, replayed at a bounded rate, killed in the middle, gone on with.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Place, type Ended } from './run-fixture.ts'

const deaths = 10_000
/** A good one after every third bad one: a receiver that refused everything would be halted, and nothing would die. */
const total = Math.ceil((deaths * 4) / 3)
const perSecond = 1000

let place: Place
beforeEach(async () => {
  place = await Place.make()
})
afterEach(() => place.remove())

function isGood(id: number): boolean {
  return id % 4 === 3
}

function line(id: number): string {
  const at = new Date(Date.UTC(2026, 4, 17, 8, 0, 0) + id).toISOString()
  const type = id % 2 === 0 ? 'user.signed_in' : 'session.ended'
  return `{"event_id":"e-${id}","event_type":"${type}","occurred_at":"${at}","data":{"n":9007199254740993,"id":${id}}}`
}

const all = Array.from({ length: total }, (_, id) => id)
const bad = all.filter((id) => !isGood(id)).slice(0, deaths)
const badIds = bad.map((id) => `e-${id}`)

function idOf(body: Buffer): string {
  return (JSON.parse(body.toString()) as { event_id: string }).event_id
}

interface Stats {
  readonly total: number
  readonly groups: readonly { readonly letters: number; readonly code: string }[]
}

interface Requests {
  readonly requests: readonly {
    readonly state: string
    readonly counts: Readonly<
      Record<'chosen' | 'taken' | 'skipped' | 'delivered' | 'dead' | 'dropped' | 'waiting', number>
    >
  }[]
}

/** Runs a command again and again until its JSON is as it should be. */
async function until<Shape>(args: readonly string[], met: (shape: Shape) => boolean): Promise<Shape> {
  for (;;) {
    const { code, out, err } = await place.start(args).ended
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`)
    const shape = JSON.parse(out) as Shape
    if (met(shape)) return shape
  }
}

/** Everything is refused but the good ones; waits until all the others are dead. */
async function letThemDie(): Promise<void> {
  const refused = new Set(badIds)
  place.configure({ siem: place.webhook({ in_flight: 16 }) })
  place.append(...all.map(line))
  place.receiver.answer(({ body }) =>
    refused.has(idOf(body)) ? { status: 400, body: '{"error":"unknown field data.n"}' } : {},
  )
}

async function checked(): Promise<Ended> {
  return place.start(['check']).ended
}

it('row 4: ten thousand dead letters are three lines, and a replay of them survives a kill and balances', async () => {
  await letThemDie()
  const relay = place.start(['run', '--log-format', 'json'])
  await relay.sees(place.receiver.received(total))
  const stats = await until<Stats>(['dlq', 'stats', '--json'], (shape) => shape.total === deaths)
  expect(stats.groups).toMatchObject([{ letters: deaths, code: 'http_400' }])

  // The quickest of a few: what else this machine does at the moment is not what is asked.
  const durations: number[] = []
  for (let run = 0; run < 3; run++) {
    const began = performance.now()
    const told = await place.start(['dlq', 'stats']).ended
    durations.push(performance.now() - began)
    expect(told.out).toContain('unknown field data.n')
  }
  expect(Math.min(...durations)).toBeLessThan(1000)

  // Ten of them are refused again, and say so; everything else is taken from now on.
  const stubborn = new Set(badIds.filter((_, index) => index % 1000 === 500))
  const before = place.receiver.requests.length
  const arrivals: number[] = []
  place.receiver.answer(({ body }) => {
    arrivals.push(performance.now())
    return stubborn.has(idOf(body)) ? { status: 400, body: '{"error":"still unknown"}' } : {}
  })
  const replay = place.start(['dlq', 'replay', '--all', '--rate', `${perSecond}/s`])
  await replay.sees(place.receiver.received(before + 3000))
  relay.signal('SIGKILL')
  await relay.ended
  expect((await replay.ended).code).toBe(1)
  expect((await checked()).code).toBe(0)

  const next = place.start(['run', '--log-format', 'json'])
  const { requests } = await until<Requests>(
    ['dlq', 'requests', '--json'],
    (shape) => shape.requests[0]?.state === 'done',
  )
  expect(requests).toMatchObject([
    { counts: { chosen: deaths, taken: deaths, skipped: 0, delivered: deaths - 10, dead: 10, dropped: 0, waiting: 0 } },
  ])
  // The receiver's own count: every one of them came, and what came twice is bounded by what was in flight.
  const came = place.receiver.requests.slice(before).map(({ body }) => idOf(body))
  expect(new Set(came)).toEqual(new Set(badIds))
  expect(came.length - deaths).toBeLessThan(2100)
  expect(busiestSecond(arrivals)).toBeLessThan(perSecond * 2.5)
  expect((await until<Stats>(['dlq', 'stats', '--json'], () => true)).total).toBe(10)
  expect((await next.stop()).code).toBe(0)
  expect((await checked()).code).toBe(0)
}, 180_000)

it('without a relay: shown, copied to another destination, replayed to its own, exported and removed', async () => {
  let healed = false
  const at = (name: string): object => place.webhook({ url: `${place.receiver.url}/${name}`, in_flight: 1 })
  place.configure({ siem: at('siem'), archive: at('archive') })
  place.append(...all.slice(0, 40).map(line))
  place.receiver.answer(({ path, body }) =>
    path === '/siem' && !healed && !isGood(Number(idOf(body).slice(2))) ? { status: 400, body: 'no such field' } : {},
  )
  expect((await place.start(['run', '--once']).ended).code).toBe(3)

  const shown = await place.start(['dlq', 'show', 'e-1']).ended
  expect(shown).toMatchObject({ code: 0, err: '' })
  expect(shown.out).toContain('no such field')
  expect(shown.out).toContain('"n": 9007199254740993')

  const chosen = ['--where', 'data.id < 10.0 && event_type == "user.signed_in"']
  const exported = await place.start(['dlq', 'export', ...chosen]).ended
  expect(exported.code).toBe(0)
  expect(
    exported.out
      .trimEnd()
      .split('\n')
      .map((event) => idOf(Buffer.from(event))),
  ).toEqual(['e-0', 'e-2', 'e-4', 'e-6', 'e-8'])

  healed = true
  const before = place.receiver.requests.length
  expect(await place.start(['dlq', 'replay', 'e-0', '--to', 'archive']).ended).toMatchObject({
    code: 0,
    out: '1 replayed: 1 delivered, 0 dead again, 0 waiting\n',
  })
  expect(await place.start(['dlq', 'replay', ...chosen]).ended).toMatchObject({
    code: 0,
    out: '5 replayed: 5 delivered, 0 dead again, 0 waiting\n',
  })
  const came = place.receiver.requests.slice(before).map(({ path, body }) => `${path} ${idOf(body)}`)
  expect(came.sort()).toEqual(['/archive e-0', '/siem e-0', '/siem e-2', '/siem e-4', '/siem e-6', '/siem e-8'])

  expect((await place.start(['dlq', 'purge', '--all']).ended).code).toBe(2)
  expect(await place.start(['dlq', 'purge', '--all', '--yes']).ended).toMatchObject({
    code: 0,
    out: '25 dead letters removed\n',
  })
  expect(await place.start(['dlq', 'list']).ended).toMatchObject({ code: 0, out: 'no dead letter matches\n' })
  expect((await checked()).code).toBe(0)
  expect((await place.start(['status', '--check']).ended).out).not.toContain('balance')
})

it('an interrupt ends the following, not the replay', async () => {
  let healed = false
  place.configure({ siem: place.webhook({ in_flight: 1 }) })
  place.append(...all.slice(0, 80).map(line))
  place.receiver.answer(({ body }) => (healed || isGood(Number(idOf(body).slice(2))) ? {} : { status: 400 }))
  const relay = place.start(['run', '--log-format', 'json'])
  // Only then is there a state to ask.
  await relay.sees(place.receiver.received(1))
  await until<Stats>(['dlq', 'stats', '--json'], (shape) => shape.total === 60)
  healed = true
  const before = place.receiver.requests.length
  const replay = place.start(['dlq', 'replay', '--all', '--rate', '20/s'])
  await replay.sees(place.receiver.received(before + 5))
  replay.signal('SIGINT')
  const ended = await replay.ended
  expect(ended.code).toBe(1)
  expect(ended.err).toContain('It goes on in the relay; audit-relay dlq requests shows how far it has come')
  const { requests } = await until<Requests>(
    ['dlq', 'requests', '--json'],
    (shape) => shape.requests[0]?.state === 'done',
  )
  expect(requests[0]?.counts).toMatchObject({ chosen: 60, delivered: 60, waiting: 0 })
  expect((await relay.stop()).code).toBe(0)
}, 60_000)

function busiestSecond(arrivals: readonly number[]): number {
  let most = 0
  for (let from = 0, to = 0; to < arrivals.length; to++) {
    while ((arrivals[to] as number) - (arrivals[from] as number) > 1000) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}
