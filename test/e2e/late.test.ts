// Destinations that come later, leave and return: what the running relay delivers to them, and that `check` agrees.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Place } from './run-fixture.ts'

let place: Place
beforeEach(async () => {
  place = await Place.make()
})
afterEach(() => place.remove())

/** Every tenth is a failure; with a kilobyte each, some thousands are several pages. */
function events(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => {
    const id = from + index
    const padding = `${id}`.repeat(200)
    return `{"event_id":"e-${id}","event_type":"t","occurred_at":"2026-05-17T08:00:00Z","outcome":"${isFailure(id) ? 'failure' : 'success'}","data":{"padding":"${padding}"}}`
  })
}

function isFailure(id: number): boolean {
  return id % 10 === 3
}

function share(from: number, to: number): string[] {
  const all = Array.from({ length: to - from }, (_, index) => from + index)
  return all.filter(isFailure).map((id) => `e-${id}`)
}

function idsAt(path: string, skip = 0): string[] {
  const requests = place.receiver.requests.slice(skip).filter((request) => request.path === path)
  return requests.flatMap(({ body }) =>
    (JSON.parse(body.toString()) as { event_id: string }[]).map(({ event_id: id }) => id),
  )
}

const a = () => ({ a: place.webhook({ url: `${place.receiver.url}/a`, batch: 100, in_flight: 1 }) })
const b = () => ({
  b: place.webhook({
    url: `${place.receiver.url}/b`,
    batch: 100,
    in_flight: 1,
    start: 'beginning',
    filter: { when: 'outcome == "failure"' },
  }),
})

async function once(): Promise<void> {
  expect(await place.start(['run', '--once']).ended).toMatchObject({ code: 0 })
  expect(await place.start(['check']).ended).toMatchObject({ code: 0 })
}

it('one that is added later gets its share of what is kept, and of what it missed when it returns; nobody gets anything again', async () => {
  place.configure(a())
  place.append(...events(0, 3000))
  await once()
  expect(idsAt('/a')).toHaveLength(3000)
  place.configure({ ...a(), ...b() })
  await once()
  expect(idsAt('/b')).toEqual(share(0, 3000))
  place.configure(a())
  place.append(...events(3000, 4000))
  await once()
  expect(idsAt('/b')).toHaveLength(300)
  place.configure({ ...a(), ...b() })
  await once()
  expect(idsAt('/b')).toEqual(share(0, 4000))
  place.append(...events(4000, 4020))
  const daemon = place.start(['run'])
  await daemon.sees(place.receiver.received(place.receiver.requests.length + 2))
  expect((await daemon.stop()).code).toBe(0)
  await once()
  expect(idsAt('/b')).toEqual(share(0, 4020))
  expect(idsAt('/a')).toHaveLength(4020)
})

it('row 1: kills in the middle of the routing lose nothing and double nothing', async () => {
  place.configure(a())
  place.append(...events(0, 3000))
  await once()
  place.configure({ ...a(), ...b() })
  // What is sent is never answered, so that each life ends with everything still to be delivered.
  place.receiver.answer({ never: true })
  for (const nth of [2, 3, 4, 5]) {
    const killed = place.start(['run'], { AUDIT_RELAY_TEST_CRASH: `before-commit:${nth}` })
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' })
    expect(await place.start(['check']).ended).toMatchObject({ code: 0 })
  }
  place.receiver.answer({})
  const before = place.receiver.requests.length
  await once()
  expect(idsAt('/b', before)).toEqual(share(0, 3000))
  expect(idsAt('/a', before)).toEqual([])
})
