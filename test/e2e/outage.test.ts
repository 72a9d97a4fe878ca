// Outages as a user meets them: a receiver that is gone and comes back on its port, a key that changes, one dead destination of three.
import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { event, ids, Place, type Running } from './run-fixture.ts'

let place: Place
const siems: Siem[] = []
beforeEach(async () => {
  place = await Place.make()
})
afterEach(async () => {
  await place.remove()
  await Promise.all(siems.splice(0).map((siem) => siem.down()))
})

/** A receiver whose process can die and come back on the same port; what it took is kept. */
class Siem {
  readonly taken: string[] = []
  /** Requests that were turned away. */
  refused = 0
  /** The key that it takes; undefined for any. */
  key: string | undefined
  #server: http.Server | undefined
  #port = 0
  readonly #waiting = new Set<() => void>()

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  async up(): Promise<void> {
    const server = http.createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('error', () => undefined)
      request.on('end', () => {
        response.statusCode = this.#take(request, Buffer.concat(chunks)) ? 200 : 401
        response.end()
        for (const look of this.#waiting) look()
      })
    })
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    this.#server = server
    this.#port = (server.address() as AddressInfo).port
  }

  #take(request: http.IncomingMessage, body: Buffer): boolean {
    const isKnown = this.key === undefined || request.headers['authorization'] === `Bearer ${this.key}`
    if (!isKnown) this.refused++
    else this.taken.push(...(JSON.parse(body.toString()) as { event_id: string }[]).map(({ event_id: id }) => id))
    return isKnown
  }

  async down(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    server?.closeAllConnections()
    if (server) await new Promise((resolve) => server.close(resolve))
  }

  /** Resolves when `met`, looked at after each request, is true. */
  until(met: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!met()) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }
}

async function siem(): Promise<Siem> {
  const made = new Siem()
  await made.up()
  siems.push(made)
  return made
}

function to({ url }: Siem, options: object = {}): object {
  return { type: 'webhook', url, batch: 20, in_flight: 2, ...options }
}

/** Appends events a few at a time, while the relay runs, until stopped. Returns how many there were. */
function load(): { stop(): number } {
  let count = 0
  const timer = setInterval(() => {
    for (let left = 5; left > 0; left--) place.append(event(count++))
  }, 10)
  return {
    stop: () => {
      clearInterval(timer)
      return count
    },
  }
}

const has = (receiver: Siem, count: number) => () => new Set(receiver.taken).size >= count
const sorted = (taken: readonly string[]): string[] => [...new Set(taken)].toSorted(byNumber)
const byNumber = (a: string, b: string): number => Number(a.slice(2)) - Number(b.slice(2))

async function deadAndWaiting(): Promise<unknown> {
  const { out } = await place.start(['status', '--json']).ended
  const { destinations } = JSON.parse(out) as { destinations: { dead: number; retrying: number; waiting: number }[] }
  return destinations.map(({ dead, retrying, waiting }) => ({ dead, retrying, waiting }))
}

/** A clean stop, then the books: nothing is dead, retrying or waiting at any of `count` destinations. */
async function expectSettled(running: Running, count: number): Promise<string> {
  const { code, err } = await running.stop()
  expect(code, err).toBe(0)
  const nothing = { dead: 0, retrying: 0, waiting: 0 }
  expect(await deadAndWaiting()).toEqual(Array.from({ length: count }, () => nothing))
  expect((await place.start(['check']).ended).code).toBe(0)
  return err
}

describe('an outage', () => {
  it('row 58: of a receiver under load ends by itself, and everything arrives', async () => {
    const receiver = await siem()
    place.configure({ siem: to(receiver) })
    const running = place.start(['run'])
    const work = load()
    await running.sees(receiver.until(has(receiver, 100)))
    await receiver.down()
    await running.logged('health_changed')
    await receiver.up()
    const atReturn = new Set(receiver.taken).size
    await running.sees(receiver.until(has(receiver, atReturn + 200)))
    const count = work.stop()
    await running.sees(receiver.until(has(receiver, count)))
    await expectSettled(running, 1)
    expect(sorted(receiver.taken)).toEqual(ids(0, count))
  })

  it('row 45: of a key that was changed ends when the new one stands in its file', async () => {
    const receiver = await siem()
    receiver.key = 'first-key-0123'
    fs.writeFileSync(place.file('key'), `${receiver.key}\n`)
    place.configure({ siem: to(receiver, { headers: { authorization: 'Bearer ${file:./key}' } }) })
    const running = place.start(['run'])
    const work = load()
    await running.sees(receiver.until(has(receiver, 50)))
    receiver.key = 'second-key-4567'
    await running.logged('health_changed')
    await running.sees(receiver.until(() => receiver.refused >= 2))
    fs.writeFileSync(place.file('key'), `${receiver.key}\n`)
    const atReturn = new Set(receiver.taken).size
    await running.sees(receiver.until(has(receiver, atReturn + 100)))
    const count = work.stop()
    await running.sees(receiver.until(has(receiver, count)))
    const said = await expectSettled(running, 1)
    // Turned away, nothing was taken and nothing was in doubt: no event came twice.
    expect(receiver.taken.toSorted(byNumber)).toEqual(ids(0, count))
    expect(said.match(/"type":"health_changed".*"to":"halted"/g)).toHaveLength(1)
    // Each trial that failed only found out that this still holds.
    expect(said).not.toMatch(/"kind":"trial".*"verdict":"halt"/)
    expect(said).not.toMatch(/first-key|second-key/)
  })

  it('row 58: of one destination of three does not touch the others', async () => {
    const [one, two, dead] = [await siem(), await siem(), await siem()]
    const { url } = dead
    await dead.down()
    place.configure({ one: to(one), two: to(two), dead: to({ url } as Siem) })
    const running = place.start(['run'])
    const work = load()
    await running.sees(one.until(has(one, 500)))
    const count = work.stop()
    await running.sees(Promise.all([one.until(has(one, count)), two.until(has(two, count))]).then(() => undefined))
    for (const { taken } of [one, two]) expect(taken.toSorted(byNumber)).toEqual(ids(0, count))
    expect(dead.taken).toEqual([])
    await dead.up()
    await running.sees(dead.until(has(dead, count)))
    await expectSettled(running, 3)
    expect(sorted(dead.taken)).toEqual(ids(0, count))
  })
})
