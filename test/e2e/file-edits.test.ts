// The configuration is edited by hand between runs, while events wait: destinations leave, return, get another name, type, filter
// and secret. What receivers wrote down themselves is compared with what the application wrote.
import { createHmac } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Received } from '../fakes/http-receiver.ts'
import { balanceOf, done } from './commands.ts'
import { event, Place } from './run-fixture.ts'

const perPhase = 300
const quick = { timeout: '5s', in_flight: 2, retry: { schedule: ['100ms', '100ms'] } }
const otherSecret = 'the-second-secret'

let at: Place
beforeEach(async () => {
  at = await Place.make()
})
afterEach(() => at.remove())

/** Every third event is a failure. */
function line(id: number): string {
  return event(id, id % 3 === 0 ? 'failure' : 'success')
}

interface Phase {
  readonly destinations: Readonly<Record<string, object>>
  /** How many requests come before the relay is stopped. */
  readonly requests: number
}

let written = 0

/** Appends a phase's events, and stops the relay in the middle of delivering them. */
async function run({ destinations, requests }: Phase): Promise<void> {
  at.configure(destinations)
  at.append(...Array.from({ length: perPhase }, () => line(written++)))
  const before = at.receiver.requests.length
  const relay = at.start(['run', '--log-format', 'json'])
  await relay.sees(at.receiver.received(before + requests))
  const { code, err } = await relay.stop()
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
}

function idsOf(requests: readonly Received[]): string[] {
  return requests.flatMap(({ body }) => {
    const value = JSON.parse(body.toString()) as Named | Named[]
    return [value].flat().map(({ event_id: id }) => id)
  })
}

interface Named {
  readonly event_id: string
}

function archived(folder: string): string[] {
  const days = fs.readdirSync(at.file(folder)).filter((name) => name.endsWith('.jsonl'))
  return days.flatMap((day) => {
    const lines = fs
      .readFileSync(path.join(at.file(folder), day), 'utf8')
      .trimEnd()
      .split('\n')
    return lines.map((text) => (JSON.parse(text) as Named).event_id)
  })
}

function signedWith(secret: string, { headers, body }: Received): boolean {
  const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body.toString()}`
  const signature = createHmac('sha256', secret).update(text).digest('base64')
  return headers['webhook-signature'] === `v1,${signature}`
}

it('row 15: whatever is edited while events wait, none is lost, and each goes where the file said', async () => {
  const hook = (more: object = {}): object =>
    at.webhook({ ...quick, url: `${at.receiver.url}/siem`, secret: 'the-first-secret', ...more })
  const rest = { other: at.webhook({ ...quick, url: `${at.receiver.url}/other` }) }

  await run({ destinations: { siem: hook(), ...rest }, requests: 200 })
  // Gone from the file with what waits; the other goes on.
  await run({ destinations: rest, requests: 100 })
  expect(await balanceOf(at, 'siem')).toMatchObject({ balanced: true, dropped: 0 })
  // Back, and led over what it missed.
  await run({ destinations: { siem: hook(), ...rest }, requests: 200 })
  // Another name, and more events at once.
  await run({ destinations: { splunk: hook({ was: 'siem', batch: 10 }), ...rest }, requests: 20 })
  // From here on failures only; what waits was taken by no filter at all.
  const filteredFrom = written
  const filter = { outcome: 'failure' }
  await run({ destinations: { splunk: hook({ filter }), ...rest }, requests: 150 })
  // Another secret, for everything that is sent from now on.
  const signedFrom = at.receiver.requests.length
  await run({ destinations: { splunk: hook({ filter, secret: otherSecret }), ...rest }, requests: 150 })
  const signed = at.receiver.requests.slice(signedFrom).filter(({ path: to }) => to === '/siem')
  expect(signed.length).toBeGreaterThan(0)
  expect(signedWith('the-first-secret', at.receiver.requests.find(({ path: to }) => to === '/siem') as Received)).toBe(
    true,
  )
  expect(signed.filter((request) => !signedWith(otherSecret, request))).toEqual([])
  // A folder instead of an address, which takes what waited for the address.
  const last = { splunk: { type: 'file', path: './archive', filter }, ...rest }
  at.configure(last)
  at.append(...Array.from({ length: perPhase }, () => line(written++)))
  expect((await at.start(['run', '--once']).ended).code).toBe(0)

  const wanted = Array.from({ length: written }, (_, id) => id).filter((id) => id < filteredFrom || id % 3 === 0)
  const posted = idsOf(at.receiver.requests.filter(({ path: to }) => to === '/siem'))
  const filed = archived('archive')
  expect(filed.length).toBeGreaterThan(0)
  expect(new Set([...posted, ...filed])).toEqual(new Set(wanted.map((id) => `e-${id}`)))
  const all = Array.from({ length: written }, (_, id) => `e-${id}`)
  expect(new Set(idsOf(at.receiver.requests.filter(({ path: to }) => to === '/other')))).toEqual(new Set(all))
  // Every stop was orderly: nothing came twice.
  expect(posted.length + filed.length).toBe(wanted.length)
  const delivered = { offered: written, delivered: wanted.length, waiting: 0, retrying: 0, dead: 0, dropped: 0 }
  expect(await balanceOf(at, 'splunk')).toMatchObject({ ...delivered, balanced: true })
  expect(await balanceOf(at, 'other')).toMatchObject({ delivered: written, waiting: 0, balanced: true })
  await done(at, 'check')
})
