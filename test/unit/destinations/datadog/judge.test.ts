// What each answer of Datadog means for the events of a batch.
import { describe, expect, it } from 'vitest'
import { datadog } from '../../../../src/destinations/datadog/index.ts'
import { judge } from '../../../../src/destinations/datadog/judge.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import type { HttpReply } from '../../../../src/runtime/http.ts'
import { batchNamed } from '../../../fakes/batches.ts'

const now = Date.UTC(2026, 4, 17, 8)

function judged(status: number, body = '', headers: HttpReply['headers'] = {}, nowMs = now): readonly Verdict[] {
  return judge({ status, headers, body: Buffer.from(body), truncated: false }, batchNamed('a', 2), nowMs)
}

const hintsFor = (code: string): readonly string[] => datadog.hints?.({ code, text: '' }) ?? []

describe('row 60: every status', () => {
  const halts = new Set([401, 403, 404, 405, 407, 410])
  const retries = new Set([408, 425, 429])

  function expected(status: number): string {
    if (status === 202) return 'delivered'
    if (status < 400 || halts.has(status)) return 'halt'
    return status >= 500 || retries.has(status) ? 'retry' : 'reject'
  }

  it.each(Array.from({ length: 400 }, (_, index) => 200 + index))('%d', (status) => {
    const verdicts = judged(status, 'text')
    expect(verdicts.map(({ kind }) => kind)).toEqual([expected(status), expected(status)])
    for (const verdict of verdicts)
      if (verdict.kind !== 'delivered') {
        expect(verdict.reason.status).toBe(status)
        expect(verdict.reason.text.length).toBeLessThan(500)
      }
  })
})

describe('an answer', () => {
  it('202 delivers, whatever it says', () => {
    for (const body of ['{}', '', '{"errors":[]}'])
      expect(judged(202, body)).toEqual([{ kind: 'delivered' }, { kind: 'delivered' }])
  })

  it.each([200, 201, 204])(
    'row 66: %d is none of an intake: a page of a proxy must not count as a delivery',
    (status) => {
      expect(judged(status, '<html><title>Welcome</title>')[0]).toMatchObject({
        kind: 'halt',
        reason: { code: 'not_datadog', text: expect.stringContaining('check site or url') as string },
      })
    },
  )

  it('202 about events that could not keep their date says so of each', () => {
    const late = judged(202, '{}', {}, now + 24 * 3_600_000)
    expect(late).toMatchObject([
      { kind: 'delivered', remark: { code: 'redated' } },
      { kind: 'delivered', remark: { code: 'redated' } },
    ])
  })

  it('403 names the site, because a valid key of another gets it, too', () => {
    const [verdict] = judged(403, '{"errors":[{"status":"403","title":"Forbidden"}]}')
    expect(verdict).toMatchObject({ kind: 'halt', reason: { code: 'http_403' } })
    expect(JSON.stringify(verdict)).toContain('Forbidden')
    expect(JSON.stringify(verdict)).toContain('check api_key, and site')
  })

  it('row 52: 413 asks for smaller batches', () => {
    expect(judged(413)[0]).toMatchObject({ kind: 'reject', split: true })
  })

  it('429 says when to come back', () => {
    expect(judged(429, '', { 'x-ratelimit-reset': '7' })[0]).toMatchObject({ kind: 'retry', afterMs: 7_000 })
    expect(judged(429, '', { 'retry-after': '3' })[0]).toMatchObject({ kind: 'retry', afterMs: 3_000 })
  })
})

describe('hints', () => {
  it.each(['http_401', 'http_403', 'http_404', 'not_datadog', 'name', 'too_old', 'too_large'])('for %s', (code) => {
    expect(hintsFor(code)).not.toEqual([])
  })

  it('none where the general advice will do', () => {
    for (const code of ['timeout', 'tls', 'http_413', 'http_503', 'constructor']) expect(hintsFor(code)).toEqual([])
  })
})
