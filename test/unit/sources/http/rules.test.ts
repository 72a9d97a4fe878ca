// What rules for answers do beyond naming a failure: passing over, and sending a request before it is tried again.
import { expect, it } from 'vitest'
import { httpOptions } from '../../../../src/sources/http/options.ts'
import { open, page, readWindow, windowed } from './reading.ts'

const send = { method: 'POST', path: '/subscribe', query: { type: '{{part}}' } }
const subscribed = {
  ...windowed,
  auth: { type: 'bearer', token: 'canary-token' },
  fan_out: { over: ['a', 'b'] },
  errors: [{ body: { code: 'NONE' }, do: 'throttle', after: '15m', send, say: 'it was subscribed to' }],
}

it('an answer that is passed over is told once for each part', async () => {
  const rule = { status: 403, do: 'skip', say: 'not licensed' }
  const { source, tools } = await open(
    { ...windowed, fan_out: { over: ['a', 'b'] }, errors: [rule] },
    { status: 403, body: 'no' },
  )
  for (const part of ['a', 'b', 'a'])
    expect(await readWindow(source, { part })).toMatchObject({ ids: [], error: undefined })
  expect(tools.notices).toEqual([
    {
      level: 'warning',
      code: 'answer_skipped',
      subject: 'a',
      text: expect.stringMatching(/^taken for nothing to read: .*answered 403: no \(not licensed\)$/) as string,
    },
    { level: 'warning', code: 'answer_skipped', subject: 'b', text: expect.anything() as string },
  ])
})

it('what an answer says that is passed over holds no secret', async () => {
  const rule = { status: 403, do: 'skip' }
  const { source, tools } = await open(
    { ...subscribed, errors: [rule] },
    { status: 403, body: '{"you":"canary-token"}' },
  )
  await readWindow(source, { part: 'a' })
  expect(tools.notices).toHaveLength(1)
  expect(JSON.stringify(tools.notices)).not.toContain('canary-token')
})

it('send: asks once for each part, with credentials, and then no more until the wait is over', async () => {
  const { source, receiver, clock } = await open(subscribed, ({ method }) =>
    method === 'POST' ? { status: 429, body: 'too often, canary-token' } : { status: 400, body: '{"code":"NONE"}' },
  )
  const errors = []
  for (const part of ['a', 'a', 'b']) errors.push((await readWindow(source, { part })).error)
  const posts = () => receiver.requests.filter(({ method }) => method === 'POST')
  expect(posts().map(({ path }) => path)).toEqual(['/subscribe?type=a', '/subscribe?type=b'])
  expect(posts()[0]?.headers['authorization']).toBe('Bearer canary-token')
  for (const error of errors) expect(error).toMatchObject({ kind: 'limited', afterMs: 900_000 })
  expect(errors[0]?.message).toMatch(/\(it was subscribed to\); then POST .*\/subscribe answered 429: too often/)
  expect(errors[1]?.message).not.toContain('POST')
  expect(String(errors)).not.toContain('canary-token')
  await clock.advance(900_000)
  await readWindow(source, { part: 'a' })
  expect(posts()).toHaveLength(3)
})

it('send: a request that was not answered is sent again', async () => {
  let down = true
  const { source, receiver } = await open(subscribed, ({ method }) => {
    if (method !== 'POST')
      return receiver.requests.length < 5 ? { status: 400, body: '{"code":"NONE"}' } : { body: page([1]) }
    return down ? { cutAt: 0, body: '{}' } : { body: '{}' }
  })
  expect((await readWindow(source, { part: 'a' })).error).toMatchObject({ kind: 'transient' })
  down = false
  expect((await readWindow(source, { part: 'a' })).error).toMatchObject({ kind: 'limited' })
  expect((await readWindow(source, { part: 'a' })).ids).toEqual(['1'])
})

it('send: is checked like any request, and goes with throttle and retry alone', () => {
  const faults = (rule: object): string[] =>
    (httpOptions.safeParse({ url: 'https://api.example', ...windowed, errors: [rule] }).error?.issues ?? []).map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    )
  expect(faults({ status: 400, do: 'retry', send: { path: '/x/{{part}}' } })).toEqual([])
  expect(faults({ status: 400, do: 'deny', send })).toEqual([expect.stringMatching(/^errors\.0\.send: only with/)])
  expect(faults({ status: 400, do: 'retry', send: { path: '/x/{{prt}}' } })).toEqual([
    expect.stringMatching(/^errors\.0\.send\.path: .*unknown placeholder/),
  ])
})
