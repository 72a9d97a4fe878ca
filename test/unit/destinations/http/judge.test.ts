// What an answer means: rules first, then success, then the status as for any receiver.
import { describe, expect, it } from 'vitest'
import { http } from '../../../../src/destinations/http/index.ts'
import { judge } from '../../../../src/destinations/http/judge.ts'
import type { HttpOptions } from '../../../../src/destinations/http/options.ts'
import { refuse } from '../../../../src/destinations/http/refuse.ts'
import { judgeStatus } from '../../../../src/destinations/judge.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import type { HttpReply } from '../../../../src/runtime/http.ts'
import { batchNamed } from '../../../fakes/batches.ts'

const nowMs = Date.UTC(2026, 4, 17, 8)
const batch = batchNamed('a', 2)
const options = (given: object): HttpOptions => http.options.parse({ url: 'https://receiver.example', ...given })

function reply(status: number, body = '', headers = {}): HttpReply {
  return { status, headers, body: Buffer.from(body), truncated: false }
}

function verdict(given: object, answer: HttpReply): Verdict {
  const [one, other, ...more] = judge(answer, batch, nowMs, options(given))
  expect(more).toEqual([])
  expect(other).toEqual(one)
  return one as Verdict
}

it('row 60: without rules every status from 100 to 599 means what it means elsewhere', () => {
  for (let status = 100; status <= 599; status++)
    expect(judge(reply(status, 'said'), batch, nowMs, options({}))).toEqual(
      judgeStatus(reply(status, 'said'), 2, nowMs),
    )
})

describe('rules', () => {
  const rules = [
    { status: [400], body_contains: 'Too Far Behind', verdict: 'reject', code: 'too_old', advice: 'it is gone' },
    { status: [409], verdict: 'delivered' },
    { status: ['5xx'], body_contains: 'larger than max', verdict: 'split' },
    { status: [400, 404], verdict: 'retry' },
    { body: { path: 'error.code', equals: 17 }, verdict: 'halt' },
  ]

  it.each([
    [400, 'entry too far behind', { kind: 'reject', reason: { code: 'too_old', status: 400 } }],
    [409, '', { kind: 'delivered' }],
    [503, 'message Larger Than Max', { kind: 'reject', split: true, reason: { code: 'http_503' } }],
    [400, 'another', { kind: 'retry', reason: { code: 'http_400' } }],
    [404, '', { kind: 'retry' }],
    [200, '{"error":{"code":17}}', { kind: 'halt', reason: { code: 'http_200' } }],
    [200, '{"error":{"code":"17"}}', { kind: 'delivered' }],
    [503, 'another', { kind: 'retry', reason: { code: 'http_503' } }],
    [422, '', { kind: 'reject' }],
  ])('%d %s', (status, body, expected) => expect(verdict({ rules }, reply(status, body))).toMatchObject(expected))

  it('the first that fits counts', () => {
    const two = [
      { status: [400], verdict: 'retry', code: 'first' },
      { status: [400], verdict: 'reject', code: 'second' },
    ]
    expect(verdict({ rules: two }, reply(400))).toMatchObject({ kind: 'retry', reason: { code: 'first' } })
  })

  it('say what came back and what to do, and keep to Retry-After', () => {
    expect(verdict({ rules }, reply(400, 'entry too far behind'))).toMatchObject({
      reason: { text: 'the receiver answered 400: entry too far behind (it is gone)' },
    })
    expect(verdict({ rules }, reply(404, '', { 'retry-after': '7' }))).toMatchObject({ kind: 'retry', afterMs: 7_000 })
  })

  it('what came back is printable and short', () => {
    const { reason } = verdict({ rules }, reply(400, `\u001b[31m${'x'.repeat(5_000)}`)) as { reason: { text: string } }
    expect(reason.text).toContain('\\u{1b}')
    expect(reason.text.length).toBeLessThan(400)
  })

  it.each(['__proto__', 'constructor', 'toString', 'length', 'error.__proto__.x'])(
    'a path %s finds nothing',
    (path) => {
      const body = { path, equals: 'x' }
      expect(verdict({ rules: [{ body, verdict: 'halt' }] }, reply(200, '{"error":{}}'))).toEqual({ kind: 'delivered' })
    },
  )
})

describe('row 66: success', () => {
  const success = { status: [200], body: { path: 'result.0.ok', equals: true } }

  it.each([
    [200, '{"result":[{"ok":true}]}', { kind: 'delivered' }],
    [202, '{"result":[{"ok":true}]}', { kind: 'halt', reason: { code: 'unexpected_status' } }],
    [200, '{"result":[{"ok":false}]}', { kind: 'halt', reason: { code: 'unexpected_answer' } }],
    [200, '<html>', { kind: 'halt', reason: { code: 'unexpected_answer' } }],
    [200, '', { kind: 'halt', reason: { code: 'unexpected_answer' } }],
    [503, '', { kind: 'retry' }],
    [302, '', { kind: 'halt', reason: { code: 'http_302' } }],
  ])('%d %s', (status, body, expected) => expect(verdict({ success }, reply(status, body))).toMatchObject(expected))

  it('by text, upper and lower case alike', () => {
    const given = { success: { body_contains: '"code":0' } }
    expect(verdict(given, reply(200, '{"text":"Success","CODE":0}'))).toEqual({ kind: 'delivered' })
    expect(verdict(given, reply(200, '{"code":9}'))).toMatchObject({ kind: 'halt' })
  })

  it('a rule goes before it', () => {
    const rules = [{ status: [200], body_contains: 'busy', verdict: 'retry' }]
    expect(verdict({ success, rules }, reply(200, 'busy'))).toMatchObject({ kind: 'retry' })
  })
})

describe('what is not sent', () => {
  const [event] = batch.events
  const reasonAt = (ageMs: number): unknown =>
    event && refuse({ ...event, timeMs: nowMs - ageMs }, options({ max_age: '1h' }), nowMs, batch)?.code

  it('is older than max_age', () => {
    expect([reasonAt(3_600_000), reasonAt(3_600_001), reasonAt(-1e9)]).toEqual([undefined, 'too_old', undefined])
  })

  it('without limits everything is sent', () => {
    expect(event && refuse({ ...event, timeMs: 0, end: 1e9 }, options({}), nowMs, batch)).toBeUndefined()
  })
})

it('hints for what has to do with the description, none for the rest', () => {
  expect(http.hints?.({ code: 'unexpected_status', text: '' })).not.toEqual([])
  expect(http.hints?.({ code: 'timeout', text: '' })).toEqual([])
})
