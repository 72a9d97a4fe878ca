import { expect, it } from 'vitest'
import { httpOptions } from '../../../../src/sources/http/options.ts'
import { tryDefinition } from '../../../../src/sources/http/trial.ts'
import { never, open, page, windowed } from './reading.ts'

it('runs one page and says all that was seen, without a secret', async () => {
  const given = {
    ...windowed,
    params: { api_key: 'param-0123456789' },
    auth: { token: 'tok-0123456789' },
    request: { path: '/logs', query: { from: '{{from}}', key: '{{params.api_key}}' } },
    page: { type: 'token', next: 'body.next', into: 'query.c' },
  }
  const { receiver, tools } = await open(given, (request) => ({
    body: page([1, 2], {
      next: 'n2',
      echo: request.headers['authorization'],
      events: [{ id: '1', type: 'a.b', at: '2026-05-17T07:30:00Z' }, { id: 'x' }],
    }),
  }))
  const trial = await tryDefinition(httpOptions.parse({ url: receiver.url, ...given }), tools, never)
  expect(trial).toMatchObject({
    mode: 'window',
    records: 2,
    next: 'n2',
    error: undefined,
    quarantined: [{ reason: 'unmappable' }],
  })
  expect(trial.events.map((event) => (JSON.parse(event) as { event_id: string }).event_id)).toEqual(['1'])
  expect(trial.requests).toMatchObject([{ method: 'GET', status: 200 }])
  expect(receiver.requests).toHaveLength(1)
  const shown = JSON.stringify(trial)
  expect(shown).not.toContain('tok-0123456789')
  expect(shown).not.toContain('param-0123456789')
})

it('gives the error together with what was asked before', async () => {
  const { receiver, tools } = await open(windowed, { status: 404, body: 'no such thing' })
  const trial = await tryDefinition(httpOptions.parse({ url: receiver.url, ...windowed }), tools, never)
  expect(trial.error).toMatchObject({ kind: 'denied' })
  expect(trial.requests).toMatchObject([{ status: 404, said: 'no such thing' }])
})

it('a probe passes where events come, and says why none of the records is one', async () => {
  const good = await open(windowed, { body: page([1]) })
  await good.source.probe?.(never)
  const empty = await open(windowed, { body: page([]) })
  await empty.source.probe?.(never)
  const bad = await open(windowed, { body: '{"events":[{"id":"1"}]}' })
  await expect(bad.source.probe?.(never)).rejects.toMatchObject({
    kind: 'denied',
    message: expect.stringMatching(/event_type/) as string,
  })
})
