// A canary in every field of an event, redacted in every way in every format: it leaves by no request, no answer that is kept, no log
// line, no dead letter that is shown or exported.
import fs from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FORMATS } from '../../src/formats/format.ts'
import { WAYS } from '../../src/formats/redaction-paths.ts'
import { type Ended, Place } from './run-fixture.ts'

const HASH_KEY = 'k3y-of-the-hashes-0123456789'
const address = '198.51.100.231'
const canary = 'cnry'
const paths = [
  'actor',
  'target.*',
  'tenant.id',
  'tenant.slug',
  'context.ip',
  'context.user_agent',
  'context.request_id',
  'outcome',
  'data.*.mail',
  'data.list',
  'custom',
]

let place: Place
beforeEach(async () => {
  place = await Place.make()
})
afterEach(() => place.remove())

function line(id: string): string {
  const c = (what: string): string => `"${canary}-${what}"`
  return (
    `{"event_id":"${id}","event_type":"user.signed_in","occurred_at":"2026-05-17T08:00:00Z",` +
    `"actor":{"kind":${c('kind')},"id":${c('id')},"label":"${canary}@acme.example"},` +
    `"target":{"kind":${c('target')},"id":${c('target')},"label":${c('target')}},"tenant":{"id":${c('t')},"slug":${c('s')}},` +
    `"context":{"ip":"${address}","user_agent":${c('agent')},"\\u0072equest_id":${c('request')}},"outcome":${c('outcome')},` +
    `"data":{"owner":{"mail":${c('mail')}},"list":[1,{"x":${c('list')}}],"kept":9007199254740993},"custom":${c('custom')}}`
  )
}

const kinds = FORMATS.flatMap((format) => WAYS.map((way) => ({ name: `${format}-${way}`, format, way })))

async function run(...args: readonly string[]): Promise<Ended> {
  return place.start(args, { HASH_KEY }).ended
}

async function dead(): Promise<number> {
  for (;;) {
    const { total } = JSON.parse((await run('dlq', 'stats', '--json')).out) as { total: number }
    if (total === kinds.length) return total
  }
}

it('what is redacted leaves by no way at all', async () => {
  const destinations = kinds.map(({ name, format, way }) => {
    const redact = { [way]: paths, ...(way === 'hash' && { hash_key: '${HASH_KEY}' }) }
    return [name, { type: 'webhook', url: `${place.receiver.url}/${name}`, format, redact }] as const
  })
  place.configure(Object.fromEntries(destinations))
  place.append(line('bad'), line('good'))
  // It gives back what it was sent, so that whatever came is in the answer, too.
  place.receiver.answer(({ body }) =>
    body.includes('"bad"') ? { status: 400, body: body.toString() } : { status: 200, body: body.toString() },
  )
  const relay = place.start(['run', '--log-format', 'json'], { HASH_KEY })
  await relay.sees(place.receiver.received(kinds.length * 2))
  expect(await dead()).toBe(kinds.length)
  const shown = await Promise.all([
    run('dlq', 'list'),
    run('dlq', 'list', '--json'),
    run('dlq', 'show', 'bad'),
    run('dlq', 'show', 'bad', '--json'),
    run('dlq', 'stats'),
    run('dlq', 'export'),
    run('dlq', 'export', '--with-reason'),
    run('dlq', 'export', '--output', 'dead.jsonl'),
    run('status'),
    run('status', '--json'),
    run('test-destination', '--all'),
  ])
  const log = await relay.stop()
  const sent = place.receiver.requests.map(({ body }) => body.toString())
  const texts = [log.err, log.out, ...shown.flatMap(({ out, err }) => [out, err]), ...sent]
  texts.push(fs.readFileSync(place.file('dead.jsonl'), 'utf8'))
  for (const text of texts) for (const word of [canary, address, HASH_KEY]) expect(text).not.toContain(word)
  // All of it was really there to be seen: the rest of the event came, by every way.
  for (const text of [...sent.filter((body) => body.includes('bad')), shown[2]?.out, shown[5]?.out])
    expect(text).toContain('9007199254740993')
  expect(sent.join()).toMatch(/hmac-sha256:[0-9a-f]{32}/)
  // A test event is dressed like any other.
  expect(sent.filter((body) => body.includes('test.audit_stream') && body.includes('"class_uid":'))).toHaveLength(
    WAYS.length,
  )
  expect(shown[5]?.out.trim().split('\n')).toHaveLength(kinds.length)
}, 120_000)
