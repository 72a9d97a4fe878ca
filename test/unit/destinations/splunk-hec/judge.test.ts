// What each answer of a collector says about each event.
import { describe, expect, it } from 'vitest'
import { CODES } from '../../../../src/destinations/splunk-hec/codes.ts'
import { judge, type Judgement } from '../../../../src/destinations/splunk-hec/judge.ts'

function judged(status: number, body: unknown, count = 4, headers: Record<string, string> = {}): Judgement {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return judge({ status, headers, body: Buffer.from(text), truncated: false }, count, 0)
}

function kinds({ verdicts }: Judgement): string {
  return verdicts.map((verdict) => (verdict.kind === 'retry' && verdict.untried ? 'untried' : verdict.kind)).join(' ')
}

/** As the vendor's table has them. */
const table: readonly (readonly [code: number, status: number, kind: string])[] = [
  [0, 200, 'delivered'],
  [1, 403, 'halt'],
  [2, 401, 'halt'],
  [3, 401, 'halt'],
  [4, 403, 'halt'],
  [5, 400, 'halt'],
  [6, 400, 'reject'],
  [7, 400, 'halt'],
  [8, 500, 'retry'],
  [9, 503, 'retry'],
  [10, 400, 'halt'],
  [11, 400, 'halt'],
  [12, 400, 'reject'],
  [13, 400, 'reject'],
  [14, 400, 'halt'],
  [15, 400, 'reject'],
  [16, 400, 'halt'],
  [17, 200, 'halt'],
  [18, 503, 'retry'],
  [19, 503, 'retry'],
  [20, 503, 'retry'],
  [21, 400, 'halt'],
  [22, 400, 'halt'],
  [23, 503, 'retry'],
  [24, 200, 'delivered'],
  [25, 200, 'delivered'],
  [26, 429, 'retry'],
  [27, 429, 'retry'],
]

describe('by number', () => {
  it('every number has its row', () => expect(table.map(([code]) => code)).toEqual(CODES.map((_, code) => code)))

  it.each(table)('row 60: %d with %d: %s', (code, status, kind) => {
    const { verdicts } = judged(status, { text: 'Words', code }, 2)
    expect(verdicts.map((verdict) => verdict.kind)).toEqual([kind, kind])
    const [verdict] = verdicts
    if (!verdict || verdict.kind === 'delivered') return
    expect(verdict.reason).toMatchObject({ code: `hec_${code}`, status })
    expect(verdict.reason.text).toContain(`code ${code}: Words`)
  })

  it.each([
    [1, 400, 'halt'],
    [4, 400, 'halt'],
    [21, 403, 'halt'],
    [6, 500, 'reject'],
    [9, 500, 'retry'],
  ])('the number %d goes before the status %d', (code, status, kind) => {
    expect(kinds(judged(status, { code }, 1))).toBe(kind)
  })

  it('success is no success with the status of a failure', () => {
    expect(kinds(judged(503, { text: 'Success', code: 0 }, 1))).toBe('retry')
    expect(kinds(judged(404, { code: 24 }, 1))).toBe('halt')
  })

  it.each([9, 18, 19, 20, 23, 26, 27])('%d asks for a pause: seconds, or what it says itself', (code) => {
    expect(judged(503, { code }).verdicts[0]).toMatchObject({ kind: 'retry', afterMs: 5_000 })
    expect(judged(503, { code }, 1, { 'retry-after': '60' }).verdicts[0]).toMatchObject({ afterMs: 60_000 })
  })

  it.each([24, 25])('%d is a delivery, and a pause', (code) => {
    expect(judged(200, { code, ackId: 3 }, 2)).toMatchObject({ pauseMs: 1_000, ackId: 3 })
  })

  it.each([
    [200, 28, 'retry'],
    [503, 28, 'retry'],
    [400, 99, 'reject'],
    [404, 404, 'halt'],
  ])('%d with the unknown number %d: %s', (status, code, kind) => {
    expect(kinds(judged(status, { text: 'New', code }, 1))).toBe(kind)
  })
})

describe('row 49: invalid-event-number', () => {
  it.each([6, 12, 13, 15])('code %d at every place: before it delivered, it rejected, behind it not tried', (code) => {
    const at = (place: unknown) => kinds(judged(400, { code, 'invalid-event-number': place }))
    expect(at(0)).toBe('reject untried untried untried')
    expect(at(1)).toBe('delivered reject untried untried')
    expect(at(3)).toBe('delivered delivered delivered reject')
  })

  it.each([[4], [-1], [1.5], ['1'], [null], [1e300], [undefined]])(
    'row 53: a number that cannot be believed (%s) refuses the whole batch, which is then halved',
    (place) => {
      expect(kinds(judged(400, { code: 6, 'invalid-event-number': place }))).toBe('reject reject reject reject')
    },
  )

  it('does not apply to the index, which is the same for all', () => {
    expect(kinds(judged(400, { code: 7, 'invalid-event-number': 1 }))).toBe('halt halt halt halt')
  })
})

describe('without a number', () => {
  it.each([
    ['row 52: a page with 413', 413, '<html><title>Content-Length Too Large</title></html>', 'reject', 'http_413'],
    ['a balancer', 503, '<html>no server</html>', 'retry', 'http_503'],
    ['nothing', 502, '', 'retry', 'http_502'],
    ['half a document', 400, '{"text":"Inva', 'reject', 'http_400'],
    ['a list', 403, '[1]', 'halt', 'http_403'],
    ['a number as text', 401, '{"code":"4"}', 'halt', 'http_401'],
    ['row 66: the page of a portal with 200', 200, '<html><title>Sign in</title></html>', 'halt', 'not_hec'],
    ['nothing with 200', 200, '', 'halt', 'not_hec'],
    ['null with 200', 200, 'null', 'halt', 'not_hec'],
    ['the user interface of Splunk', 303, '', 'halt', 'http_303'],
  ])('%s', (_name, status, body, kind, code) => {
    expect(judged(status, body, 1).verdicts[0]).toMatchObject({ kind, reason: { code, status } })
  })

  it('413 asks for smaller batches', () => {
    expect(judged(413, '<html></html>', 1).verdicts[0]).toMatchObject({ split: true })
  })
})

it('what a collector says is shown on one line, without control characters', () => {
  const [verdict] = judged(400, { code: 6, text: `a\n\u001b[31mb${'x'.repeat(999)}` }, 1).verdicts
  if (verdict?.kind !== 'reject') throw new Error('expected a reject')
  expect(verdict.reason.text).toContain('a \\u{1b}[31mb')
  expect(verdict.reason.text.length).toBeLessThan(400)
})
