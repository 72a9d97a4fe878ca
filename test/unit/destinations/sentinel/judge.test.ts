// What each answer of the Logs Ingestion API means for the events of its request.
import { describe, expect, it } from 'vitest'
import { judge } from '../../../../src/destinations/sentinel/judge.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { batchNamed } from '../../../fakes/batches.ts'

const batch = batchNamed('a', 3)
const nowMs = Date.UTC(2026, 4, 17, 8)

function judged(status: number, body: unknown = '', headers: Record<string, string> = {}): Verdict {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const verdicts = judge({ status, headers, body: bytes, truncated: false }, batch, nowMs)
  expect(verdicts).toHaveLength(3)
  expect(new Set(verdicts).size).toBe(1)
  return verdicts[0] as Verdict
}

const fault = (code: string, message = 'why'): object => ({ error: { code, message } })
const textOf = (verdict: Verdict): string => (verdict.kind === 'delivered' ? '' : verdict.reason.text)

describe('row 60: permanent or passing', () => {
  it.each(Array.from({ length: 500 }, (_, index) => index + 100))('%i', (status) => {
    const { kind } = judged(status)
    if (status === 204) expect(kind).toBe('delivered')
    else if (status >= 200 && status <= 399) expect(kind).toBe('halt')
    else if ([401, 403, 404, 405, 407, 410, 411, 415].includes(status)) expect(kind).toBe('halt')
    else if (status >= 400 && status <= 499 && ![408, 425, 429].includes(status)) expect(kind).toBe('reject')
    else expect(kind).toBe('retry')
  })
})

it('row 66: 204 without a body is a receipt; a page, or another good status, is none', () => {
  expect(judged(204)).toEqual({ kind: 'delivered' })
  expect(judged(200, '<html><title>Sign in</title>')).toMatchObject({ kind: 'halt', reason: { code: 'not_azure' } })
  expect(judged(204, '<html>')).toMatchObject({ kind: 'halt', reason: { code: 'not_azure' } })
  for (const status of [200, 202]) {
    expect(judged(status)).toMatchObject({ kind: 'halt', reason: { code: 'not_azure' } })
    expect(textOf(judged(status))).toContain(`the receiver answered ${status} without a body (`)
  }
})

it('row 28: what is older than 48 hours is delivered with a remark', () => {
  const reply = { status: 204, headers: {}, body: Buffer.alloc(0), truncated: false }
  const [old, young] = [nowMs + 48 * 3_600_000 + 1, nowMs + 48 * 3_600_000]
  expect(judge(reply, batch, old)[0]).toMatchObject({ kind: 'delivered', remark: { code: 'redated' } })
  expect(judge(reply, batch, young)[0]).toEqual({ kind: 'delivered' })
})

it('row 52: too large is halved', () => {
  const verdict = judged(
    413,
    fault('ContentLengthLimitExceeded', 'Maximum allowed content length: 1048576 bytes (1 MB).'),
  )
  expect(verdict).toMatchObject({ kind: 'reject', split: true, reason: { code: 'http_413', status: 413 } })
  expect(textOf(verdict)).toContain('ContentLengthLimitExceeded: Maximum allowed')
})

it('row 53: a bad request is the fault of an event, unless its code names the address', () => {
  expect(judged(400, fault('InvalidPayload', 'the stream rule is bad'))).toMatchObject({ kind: 'reject' })
  for (const code of ['InvalidStream', 'InvalidRule', 'InvalidDcrImmutableId', 'InvalidApiVersion'])
    expect(judged(400, fault(code))).toMatchObject({ kind: 'halt', reason: { code: 'http_400' } })
})

it('a limit says when to come back', () => {
  expect(judged(429, fault('TooManyRequests'), { 'retry-after': '17' })).toMatchObject({
    kind: 'retry',
    afterMs: 17_000,
    reason: { code: 'http_429', status: 429 },
  })
  expect(judged(503, '', { 'retry-after': '5' })).toMatchObject({ kind: 'retry', afterMs: 5_000 })
})

it('a missing role is explained', () => {
  expect(textOf(judged(403, fault('OperationFailed', 'no access')))).toMatch(
    /^Azure answered 403: OperationFailed: no access \(give it the role Monitoring Metrics Publisher/,
  )
})

it.each<[string, unknown]>([
  ['an error that is text', { error: 'no' }],
  ['null', 'null'],
  ['an array', []],
  ['half of one', '{"error":{"code":"Invalid'],
  ['control characters', fault('\u001b[31mred\n', '\u202e')],
  ['a novel', fault('a'.repeat(5_000), 'b'.repeat(5_000))],
  ['numbers', fault(1 as unknown as string, {} as unknown as string)],
])('%s is no reason to fall over', (_name, body) => {
  for (const status of [400, 403, 500]) {
    const text = textOf(judged(status, body))
    expect(text.length).toBeLessThan(500)
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  }
})
