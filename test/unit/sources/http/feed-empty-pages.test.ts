// A feed whose API gives another cursor with each answer, also with an empty one, and never says that there is no more.
import { expect, it } from 'vitest'
import type { Received } from '../../../fakes/http-receiver.ts'
import { open, pull, windowed } from './reading.ts'

const polled = {
  ...windowed,
  mode: 'feed',
  request: { path: '/logs', query: { since: '{{from}}', after: '{{cursor}}' } },
  page: { type: 'token', next: 'body.next' },
  errors: [{ status: 410, do: 'expired' }],
}
const time = (text: string): number => Date.parse(`2026-05-17T${text}Z`)
const days = (count: number): number => count * 86_400_000
/** Set to a time long ago. */
const begun = new Map([['', JSON.stringify({ since: time('08:00:00') - days(9) })]])
const since = (cursors: ReadonlyMap<string, string>): unknown => JSON.parse(cursors.get('') as string) as unknown

interface Stored {
  readonly id: string
  readonly at: string
}

/** Two events at a time; no cursor is given twice. `lost`: all cursors that were given so far are refused. */
function restless(events: readonly Stored[], { rest = [] as readonly number[] } = {}) {
  let answers = 0
  let valid = 0
  return {
    lose: () => void (valid = answers + 1),
    script: ({ path }: Received): { status?: number; body: string } => {
      const [at = 0, number = Infinity] = (new URL(path, 'http://x').searchParams.get('after') ?? '')
        .split('.')
        .filter((text) => text !== '')
        .map(Number)
      if (number < valid) return { status: 410, body: '{}' }
      answers++
      const given = rest.includes(answers) ? [] : events.slice(at, at + 2)
      const records = given.map(({ id, at: occurred }) => ({ id, type: 'a.b', at: `2026-05-17T${occurred}Z` }))
      return { body: JSON.stringify({ events: records, next: `${at + given.length}.${answers}` }) }
    },
  }
}

it('ends its pull with an empty page, and goes on from the newest cursor', async () => {
  const events = [{ id: '1', at: '07:00:00' }]
  const { source, paths } = await open(polled, restless(events).script)
  const first = await pull(source)
  expect([first.ids, first.error]).toEqual([['1'], undefined])
  expect(paths()).toHaveLength(2)
  events.push({ id: '2', at: '07:30:00' })
  expect((await pull(source, first.cursors)).ids).toEqual(['2'])
  expect(paths()[2]).toBe('/logs?after=1.2')
})

it('row 32: a cursor that is lost: what is read again begins at what was read last, not where the feed began', async () => {
  const events = [
    { id: '1', at: '01:00:00' },
    { id: '2', at: '01:00:00' },
    { id: '4', at: '07:10:00' },
    // Came later, and is older: nothing is to be concluded from the youngest of a page.
    { id: '3', at: '06:50:00' },
  ]
  const api = restless(events)
  const { source, paths, clock } = await open(polled, api.script)
  const first = await pull(source, begun)
  expect(since(first.cursors)).toMatchObject({ cursor: '4.3', since: time('06:50:00') - days(1) })
  await clock.advance(30_000)
  api.lose()
  const again = await pull(source, first.cursors)
  expect(again.error).toBeUndefined()
  expect(paths()).toContain('/logs?since=2026-05-16T05:50:00.000Z')
  expect(again.pages.find(({ draft }) => draft.count > 0 || again.ids.length > 0)?.window).toEqual({
    from: time('05:50:00') - days(1),
    to: time('08:00:30'),
  })
})

it('row 32: a cursor that is lost again while something is read again: from what was read last of that', async () => {
  const events = [{ id: '1', at: '06:00:00' }]
  const api = restless(events)
  const { source, paths } = await open(polled, api.script)
  const first = await pull(source, begun)
  api.lose()
  const again = await pull(source, first.cursors)
  events.push({ id: '2', at: '07:30:00' })
  const more = await pull(source, again.cursors)
  api.lose()
  await pull(source, more.cursors)
  expect(
    paths()
      .filter((path) => path.includes('since'))
      .slice(1),
  ).toEqual(['/logs?since=2026-05-16T05:00:00.000Z', '/logs?since=2026-05-16T06:30:00.000Z'])
})

it('what was read before the cursor was lost proves nothing for the new list', async () => {
  const events = ['01', '02', '03', '04', '05', '06'].map((hour) => ({ id: hour, at: `${hour}:00:00` }))
  const api = restless(events, { rest: [3] })
  const { source } = await open({ ...polled, page: { ...polled.page, max_pages: 2 } }, api.script)
  const first = await pull(source)
  expect(first.ids).toEqual(['01', '02', '03', '04'])
  api.lose()
  const again = await pull(source, first.cursors)
  expect(again.ids).toEqual([])
  expect(since(again.cursors)).toMatchObject({ since: time('08:00:00') - 24 * 3_600_000 })
})

it('reading again ends with the first page whose events all came after the loss', async () => {
  const events = [{ id: '1', at: '07:00:00' }]
  const api = restless(events)
  const { source, clock } = await open(polled, api.script)
  const first = await pull(source, begun)
  api.lose()
  const again = await pull(source, first.cursors)
  expect(since(again.cursors)).toMatchObject({ again: { from: time('06:00:00') - days(1), to: time('08:00:00') } })
  await clock.advance(600_000)
  events.push({ id: '2', at: '08:01:00' }, { id: '3', at: '07:59:00' })
  const mixed = await pull(source, again.cursors)
  expect(since(mixed.cursors)).toMatchObject({ again: expect.anything() as object, since: time('07:59:00') - days(1) })
  events.push({ id: '4', at: '08:02:00' })
  const later = await pull(source, mixed.cursors)
  expect(since(later.cursors)).toEqual({
    cursor: expect.stringMatching(/^4\./) as string,
    since: time('08:02:00') - days(1),
    at: expect.any(String) as string,
  })
})

it('an empty page in the middle of what is old is no end: nothing behind it is passed over when the cursor is lost', async () => {
  const events = ['01', '02', '03', '04', '05', '06'].map((hour) => ({ id: hour, at: `${hour}:00:00` }))
  const api = restless(events, { rest: [2] })
  const { source, paths } = await open(polled, api.script)
  const first = await pull(source, begun)
  expect(first.ids).toEqual(['01', '02'])
  expect(since(first.cursors)).toMatchObject({ since: time('01:00:00') - days(1) })
  api.lose()
  const again = await pull(source, first.cursors)
  expect(paths()).toContain('/logs?since=2026-05-16T00:00:00.000Z')
  expect(again.ids).toEqual(['01', '02', '03', '04', '05', '06'])
})

it('a page of times to come proves nothing, also when they have come', async () => {
  const events = [{ id: '1', at: '07:00:00' }]
  const { source, clock } = await open(polled, restless(events).script)
  const first = await pull(source, begun)
  events.push({ id: '2', at: '23:00:00' })
  const second = await pull(source, first.cursors)
  expect(second.ids).toEqual(['2'])
  expect(since(second.cursors)).toMatchObject({ since: time('07:00:00') - days(1) })
  await clock.advance(days(1))
  const third = await pull(source, second.cursors)
  expect(since(third.cursors)).toMatchObject({ since: time('07:00:00') - days(1) })
})

it.each([
  ['came behind others and is older', ['07:00:00', '07:10:00', '04:00:00', '07:20:00']],
  ['stands behind those of a clock that is ahead', ['23:00:00', '23:00:00', '04:00:00', '05:00:00']],
])('row 32: what had not been read when the cursor was lost is read, also where it %s', async (_, times) => {
  const events = times.map((at, index) => ({ id: String(index + 1), at }))
  // Asked by time, it gives what occurred since then, in the order in which it was stored.
  let answers = 0
  let valid = 0
  const { source } = await open(polled, ({ path }) => {
    const asked = new URL(path, 'http://x').searchParams
    const [at = 0, from = Date.parse(asked.get('since') ?? ''), number = Infinity] = (asked.get('after') ?? '')
      .split('.')
      .filter((text) => text !== '')
      .map(Number)
    if (number < valid) return { status: 410, body: '{}' }
    answers++
    const given = answers === 2 ? [] : events.filter((event) => time(event.at) >= from).slice(at, at + 2)
    const records = given.map(({ id, at: occurred }) => ({ id, type: 'a.b', at: `2026-05-17T${occurred}Z` }))
    return { body: JSON.stringify({ events: records, next: `${at + given.length}.${from}.${answers}` }) }
  })
  const first = await pull(source)
  expect(first.ids).toEqual(['1', '2'])
  valid = answers + 1
  expect((await pull(source, first.cursors)).ids).toEqual(['1', '2', '3', '4'])
})

it('page.more that says so leads on through empty pages', async () => {
  const events = [{ id: '1', at: '07:00:00' }]
  const { script } = restless(events, { rest: [1, 2] })
  let asked = 0
  const { source } = await open({ ...polled, page: { ...polled.page, more: 'body.more' } }, (request) => {
    const answer = JSON.parse(script(request).body) as object
    return { body: JSON.stringify({ ...answer, more: ++asked < 4 }) }
  })
  const read = await pull(source)
  expect(read.ids).toEqual(['1'])
  expect(since(read.cursors)).toMatchObject({ cursor: '1.4' })
})

it('short_page: the documentation promises that a page that is not full is the last', async () => {
  const page = { ...polled.page, size: 2, end: ['short_page'] }
  const { source, paths, clock } = await open({ ...polled, page }, restless([{ id: '1', at: '07:00:00' }]).script)
  expect(since((await pull(source)).cursors)).toMatchObject({ cursor: '1.1', since: clock.now() - 1000 })
  expect(paths()).toHaveLength(1)
})

it('row 31: empty pages without end are an error that says what to write, and the newest cursor is kept', async () => {
  const page = { ...polled.page, end: ['same'] }
  const { source, paths } = await open({ ...polled, page }, restless([]).script)
  const { error, cursors } = await pull(source)
  expect(error).toMatchObject({
    kind: 'transient',
    message: expect.stringMatching(/1000 empty pages .*page\.end: \[empty_page\]/) as string,
  })
  expect(paths()).toHaveLength(1000)
  expect(since(cursors)).toMatchObject({ cursor: '0.1000' })
})

it('row 31: many empty pages, in many pulls, are none when there are events behind them', async () => {
  const events = [{ id: '1', at: '07:00:00' }]
  const page = { ...polled.page, end: ['same'], max_pages: 400 }
  const { script } = restless(events, { rest: Array.from({ length: 900 }, (_, index) => index + 1) })
  const { source } = await open({ ...polled, page }, script)
  const pulls = []
  for (let cursors = new Map<string, string>(); pulls.length < 3; cursors = pulls.at(-1)?.cursors ?? cursors)
    pulls.push(await pull(source, cursors))
  expect(pulls.map(({ ids, error }) => [ids, error])).toEqual([
    [[], undefined],
    [[], undefined],
    [['1'], undefined],
  ])
})
