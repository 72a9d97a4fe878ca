// What the cursors of an http source belong to, and how a feed is set to a time.
import { describe, expect, it } from 'vitest'
import { http } from '../../../../src/sources/http/index.ts'
import type { Received } from '../../../fakes/http-receiver.ts'
import { open, page, pull, windowed } from './reading.ts'

const feed = {
  ...windowed,
  mode: 'feed',
  request: { path: '/logs', query: { since: '{{from}}', after: '{{cursor}}' } },
  page: { type: 'token', next: 'body.next' },
}
const originOf = (given: object) => http.originOf(http.options.parse({ url: 'https://a.test:8443', ...given }))

describe('the origin', () => {
  it('of windows: preset, mode and address; no time has to be put into a cursor', () => {
    expect(originOf(windowed)).toEqual({ as: { preset: null, mode: 'window' }, windowed: true, place: 'a.test/logs' })
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

  it('of a feed that does not ask by time: no time can set it', () => {
    expect(originOf(feed)).toHaveProperty('cursorAt')
    const since = { path: '/logs', query: { after: '{{cursor}}' } }
    expect(originOf({ ...feed, request: since })).not.toHaveProperty('cursorAt')
  })
})

it('a feed that is set to a time reads everything since then, within a window up to now, and goes on behind it', async () => {
  const answer = ({ path }: Received) => {
    const after = new URL(path, 'http://x').searchParams.get('after')
    return { body: after === '2' ? page([], { next: '2' }) : page(['1', '2'], { next: '2' }) }
  }
  const { source, paths, clock } = await open(feed, answer)
  const to = clock.now() - 7_200_000
  const first = await pull(source, new Map([['', originOf(feed).cursorAt?.(to) as string]]))
  expect(first.ids).toEqual(['1', '2'])
  expect(paths()).toEqual(['/logs?since=2026-05-17T06:00:00.000Z', '/logs?after=2'])
  expect(first.pages[0]?.window).toEqual({ from: to, to: clock.now() })
  expect(JSON.parse(first.cursors.get('') as string)).toMatchObject({ cursor: '2' })
  expect(JSON.parse(first.cursors.get('') as string)).not.toHaveProperty('again')
})
