import { describe, expect, it } from 'vitest'
import { judgeStatus } from '../../../src/destinations/judge.ts'
import type { Verdict } from '../../../src/model/verdict.ts'
import type { HttpReply } from '../../../src/runtime/http.ts'

const now = Date.UTC(2026, 4, 17, 8)

function judged(status: number, rest: { headers?: Record<string, string>; body?: string } = {}): Verdict {
  const reply: HttpReply = { status, headers: rest.headers ?? {}, body: Buffer.from(rest.body ?? ''), truncated: false }
  const verdicts = judgeStatus(reply, 3, now)
  expect(verdicts).toHaveLength(3)
  return verdicts[1] as Verdict
}

function expectedKind(status: number): Verdict['kind'] {
  if (status >= 200 && status < 300) return 'delivered'
  if (status >= 300 && status < 400) return 'halt'
  if ([401, 403, 404, 405, 407, 410].includes(status)) return 'halt'
  if (status >= 400 && status < 500 && ![408, 425, 429].includes(status)) return 'reject'
  return 'retry'
}

function textOf(verdict: Verdict): string {
  return verdict.kind === 'delivered' ? '' : verdict.reason.text
}

describe('judgeStatus', () => {
  it('row 60: every status from 100 to 999 has its verdict, and what is unknown is tried again', () => {
    for (let status = 100; status <= 999; status++) {
      const verdict = judged(status)
      expect(`${status} ${verdict.kind}`).toBe(`${status} ${expectedKind(status)}`)
      if (verdict.kind !== 'delivered') expect(verdict.reason).toMatchObject({ code: `http_${status}`, status })
    }
  })

  it('row 52: 413 asks for smaller batches, and nothing else does', () => {
    expect(judged(413)).toMatchObject({ kind: 'reject', split: true })
    expect(judged(400)).not.toHaveProperty('split')
  })

  it('Retry-After goes with a retry, whatever its status, and is left out when there is none', () => {
    for (const status of [408, 425, 429, 500, 503])
      expect(judged(status, { headers: { 'retry-after': '7' } })).toMatchObject({ kind: 'retry', afterMs: 7000 })
    expect(judged(503)).not.toHaveProperty('afterMs')
    expect(judged(503, { headers: { 'retry-after': 'soon' } })).not.toHaveProperty('afterMs')
  })

  it('row 47: a redirect is not followed, and the reason says where it pointed, without the query', () => {
    const redirect = (location: string): string => textOf(judged(302, { headers: { location } }))
    expect(redirect('https://b.example/in?token=sesame#x')).toContain('to https://b.example/in;')
    expect(redirect('/login?next=sesame')).toContain('to /login on the same host;')
    for (const location of ['', 'http://', '\u0000', '//', 'javascript:alert(1)']) {
      expect(redirect(location)).toContain('redirects are not followed')
      expect(redirect(location)).not.toContain('sesame')
    }
    expect(redirect(`https://b.example/${'x'.repeat(5000)}`).length).toBeLessThan(400)
  })

  it('what a person reads ends with what to do, where that is known', () => {
    expect(textOf(judged(401, { body: 'bad token' }))).toBe(
      'the receiver answered 401: bad token (check the secret and the headers of this destination)',
    )
    expect(textOf(judged(410))).toContain('gone for good')
  })

  it('never says more than about 500 characters, on one line, whatever comes', () => {
    for (const body of [
      'x'.repeat(100_000),
      `\u001b[31m${'é\n'.repeat(9000)}`,
      '\u202e'.repeat(5000),
      '𝒳'.repeat(5000),
    ]) {
      const text = textOf(judged(500, { body }))
      expect(text.length).toBeLessThan(500)
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      expect(text.isWellFormed()).toBe(true)
    }
  })
})
