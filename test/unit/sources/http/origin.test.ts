// What the cursors of an http source belong to, and how a feed is set to a time.
import { describe, expect, it } from 'vitest'
import { http } from '../../../../src/sources/http/index.ts'
import { placePrint } from '../../../../src/sources/http/progress.ts'
import type { Received } from '../../../fakes/http-receiver.ts'
import { open, page, pull, windowed } from './reading.ts'

const feed = {
  ...windowed,
  mode: 'feed',
  request: { path: '/logs', query: { since: '{{from}}', after: '{{cursor}}' } },
  page: { type: 'token', next: 'body.next' },
}
const originOf = (given: object) => http.originOf(http.options.parse({ url: 'https://a.test:8443', ...given }))

/** Two events, and nothing behind them. */
function readOnce({ path }: Received) {
  const after = new URL(path, 'http://x').searchParams.get('after')
  return { body: after === '2' ? page([], { next: '2' }) : page(['1', '2'], { next: '2' }) }
}

describe('the origin', () => {
  it('of windows: preset, mode and address; no time has to be put into a cursor', () => {
    const origin = originOf(windowed)
    expect(origin).toMatchObject({ as: { preset: null, mode: 'window' }, windowed: true, place: 'a.test/logs' })
    expect(origin).not.toHaveProperty('cursorAt')
  })

  it('of a preset: its address has the tenant', () => {
    const github = {
      preset: 'github',
      params: { kind: 'orgs', name: 'acme' },
      auth: { type: 'bearer', token: 'ghp_x' },
    }
    expect(http.originOf(http.options.parse(github))).toMatchObject({
      as: { preset: 'github', mode: 'window' },
      place: 'api.github.com/orgs/acme/audit-log',
    })
  })

  it.each([
    ['another scheme', 'http://b.test/logs'],
    ['another port', 'https://b.test:8443/logs'],
    ['parameters, which may be secrets', 'https://b.test/logs?sig=c4nary'],
  ])('of an address instead of a path: host and path, whatever else it has: %s', async (_, url) => {
    const request = { url, query: { since: '{{from}}', after: '{{cursor}}' } }
    expect(originOf({ ...feed, request }).place).toBe('b.test/logs')
  })

  it.each([
    ['https://{{shard}}.b.test:8443/{{shard}}/logs?x={{cursor}}', '{{shard}}.b.test/{{shard}}/logs'],
    ['{{shard}}?x=1', '{{shard}}'],
    ['{{shard}}/of/me@b.test', '{{shard}}/of/me@b.test'],
    ['https://[::1]:8443/', '[::1]'],
  ])('of the address %s', (url, place) => {
    const request = { url, query: { since: '{{from}}', after: '{{cursor}}' } }
    expect(originOf({ ...feed, fan_out: { over: ['eu'], as: 'shard' }, request }).place).toBe(place)
  })

  it('of its parts, where nobody has to be asked for them', () => {
    const as = 'tenant'
    const request = { path: '/{{tenant}}/logs', query: { since: '{{from}}' } }
    const over = { request: { path: '/tenants' }, at: 'body.tenants', id: 'id' }
    expect(originOf(windowed).parts).toEqual([''])
    expect(originOf({ ...windowed, request, fan_out: { over: ['a', 7], as } }).parts).toEqual(['a', '7'])
    expect(originOf({ ...windowed, request, fan_out: { over, as } })).not.toHaveProperty('parts')
  })

  it('of a feed that does not ask by time: no time can set it', () => {
    expect(originOf(feed)).toHaveProperty('cursorAt')
    const since = { path: '/logs', query: { after: '{{cursor}}' } }
    expect(originOf({ ...feed, request: since })).not.toHaveProperty('cursorAt')
  })
})

it('the time to which a feed had read is known from its cursor, as far as that can be gone on from', async () => {
  const timeOf = originOf(feed).timeOf as (own: string) => number | null
  const { source, clock } = await open(feed, readOnce)
  const { cursors } = await pull(source)
  expect(timeOf(cursors.get('') as string)).toBe(clock.now() - 1000)
  expect(timeOf(originOf(feed).cursorAt?.(12) as string)).toBe(12)
  expect([timeOf('{"cursor":"x"}'), timeOf('x')]).toEqual([null, null])
})

it('through another scheme or port the cursor of a feed is still good, at another path it is not', () => {
  const printOf = (url: string): string => {
    const request = { url, query: { since: '{{from}}', after: '{{cursor}}' } }
    return placePrint(http.options.parse({ url: 'https://a.test', ...feed, request }))
  }
  expect(printOf('http://b.test:8080/logs')).toBe(printOf('https://b.test/logs'))
  expect(printOf('https://b.test/other')).not.toBe(printOf('https://b.test/logs'))
})

it('a feed that is set to a time reads everything since then, within a window up to now, and goes on behind it', async () => {
  const { source, paths, clock } = await open(feed, readOnce)
  const to = clock.now() - 7_200_000
  const first = await pull(source, new Map([['', originOf(feed).cursorAt?.(to) as string]]))
  expect(first.ids).toEqual(['1', '2'])
  expect(paths()).toEqual(['/logs?since=2026-05-17T06:00:00.000Z', '/logs?after=2'])
  expect(first.pages[0]?.window).toEqual({ from: to, to: clock.now() })
  expect(JSON.parse(first.cursors.get('') as string)).toMatchObject({ cursor: '2' })
  expect(JSON.parse(first.cursors.get('') as string)).not.toHaveProperty('again')
})
