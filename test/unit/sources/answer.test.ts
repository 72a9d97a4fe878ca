import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SourceError } from '../../../src/model/errors.ts'
import { CredentialsError } from '../../../src/runtime/bearer-token.ts'
import { HttpError, type HttpReply } from '../../../src/runtime/http.ts'
import { failureOf, refusalOf } from '../../../src/sources/answer.ts'

const nowMs = Date.UTC(2026, 4, 17, 8)
const epoch = nowMs / 1000
const asked = { url: 'https://api.example/v1/logs?token=s3cret-query', nowMs, secrets: ['s3cret-token'] }

function reply(status: number, headers: Record<string, string> = {}, body = ''): HttpReply {
  return { status, headers, body: Buffer.from(body), truncated: false }
}
const judged = (...given: Parameters<typeof reply>): SourceError | undefined => refusalOf(reply(...given), asked)

describe('refusalOf', () => {
  it.each([200, 201, 204, 206, 299])('%d may be read', (status) => expect(judged(status, {}, '{}')).toBeUndefined())

  it.each<[number, SourceError['kind'], RegExp]>([
    [301, 'denied', /redirects are not followed/],
    [304, 'denied', /redirects are not followed/],
    [400, 'denied', /options of this source/],
    [401, 'denied', /credentials/],
    [403, 'denied', /may read here/],
    [404, 'denied', /check the url/],
    [405, 'denied', /check the url/],
    [407, 'denied', /proxy/],
    [408, 'transient', /tried again/],
    [409, 'transient', /tried again/],
    [410, 'denied', /new url/],
    [422, 'denied', /options of this source/],
    [425, 'transient', /tried again/],
    [429, 'limited', /limits how often/],
    [500, 'transient', /tried again/],
    [502, 'transient', /tried again/],
    [503, 'transient', /tried again/],
    [504, 'transient', /tried again/],
    [599, 'transient', /tried again/],
  ])('%d: %s', (status, kind, words) => {
    const error = judged(status, {}, '{"error":"no"}')
    expect(error).toMatchObject({ kind })
    expect(error?.message).toMatch(words)
    expect(error?.message).toContain(`api.example/v1/logs answered ${status}`)
  })

  it.each<[string, number, Record<string, string>, string, number]>([
    ['Retry-After in seconds', 429, { 'retry-after': '7' }, '', 7_000],
    ['Retry-After as a date', 429, { 'retry-after': 'Sun, 17 May 2026 08:00:30 GMT' }, '', 30_000],
    [
      "Retry-After of the source's own clock",
      429,
      { 'retry-after': 'Sun, 17 May 2026 09:00:30 GMT', date: 'Sun, 17 May 2026 09:00:00 GMT' },
      '',
      30_000,
    ],
    ['row 44: 0', 429, { 'retry-after': '0' }, '', 1_000],
    ['row 44: -1', 429, { 'retry-after': '-1' }, '', 1_000],
    ['row 44: 1e12', 429, { 'retry-after': '1000000000000' }, '', 3_600_000],
    ['row 44: 1970', 429, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, '', 1_000],
    ['row 44: 9999', 429, { 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' }, '', 3_600_000],
    ['row 44: soon', 429, { 'retry-after': 'soon' }, '', 60_000],
    ['nothing said', 429, {}, '', 60_000],
    [
      'epoch (Okta)',
      429,
      { 'x-rate-limit-limit': '60', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': `${epoch + 42}` },
      '',
      42_000,
    ],
    ['epoch (GitHub, 429)', 429, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${epoch + 600}` }, '', 600_000],
    [
      'epoch (GitHub, 403)',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${epoch + 600}` },
      '{"message":"API rate limit exceeded"}',
      600_000,
    ],
    [
      'secondary limit (GitHub)',
      403,
      { 'retry-after': '60', 'x-ratelimit-remaining': '4990' },
      '{"message":"You have exceeded a secondary rate limit."}',
      60_000,
    ],
    [
      'secondary limit without a time (GitHub)',
      403,
      {},
      '{"message":"You have exceeded a secondary rate limit."}',
      60_000,
    ],
    [
      'delta (Zuora)',
      429,
      { 'ratelimit-limit': '100', 'ratelimit-remaining': '0', 'ratelimit-reset': '17' },
      '',
      17_000,
    ],
    [
      'datetime (Atlassian)',
      429,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2026-05-17T08:01Z' },
      '',
      60_000,
    ],
    ['Google, user', 403, {}, '{"error":{"errors":[{"reason":"userRateLimitExceeded"}]}}', 60_000],
    ['Google, quota', 403, {}, '{"error":{"errors":[{"reason":"quotaExceeded"}]}}', 60_000],
    ['overloaded, with a time', 503, { 'retry-after': '5' }, '', 5_000],
  ])('limited: %s', (_, status, headers, body, afterMs) => {
    expect(judged(status, headers, body)).toMatchObject({ kind: 'limited', afterMs })
  })

  it('403 with something left of the limit is no limit', () => {
    expect(judged(403, { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': `${epoch + 600}` }, 'no')).toMatchObject({
      kind: 'denied',
    })
  })

  it.each([
    '<!DOCTYPE html><title>Sign in</title>',
    '\ufeff\n  <html><head><title>Sign in</title></head>',
    '<HTML lang="en"><title>Sign in</title>',
  ])('row 34: a page in place of data: %j', (body) => {
    const error = judged(200, { 'content-type': 'text/html' }, body)
    expect(error).toMatchObject({ kind: 'transient' })
    expect(error?.message).toContain('Sign in')
    expect(error?.message).toContain('login page')
  })

  it('data that is called a page is data', () =>
    expect(judged(200, { 'content-type': 'text/html' }, '[]')).toBeUndefined())

  it.each([
    ['https://login.example/p?state=s3cret-state', /now on login\.example \(/],
    ['/v2/logs?s3cret-state', /now on api\.example \(/],
    ['http://[', /not followed \(/],
  ])('row 47: tells the host of %s and no more', (location, words) => {
    const error = judged(302, { location })
    expect(error?.message).toMatch(words)
    expect(error?.message).not.toContain('s3cret')
  })

  it('shows no query, no secret in any form, and no control characters', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.string(), (status, text) => {
        const forms = [
          asked.secrets[0],
          Buffer.from('s3cret-token').toString('base64'),
          encodeURIComponent('s3cret-token'),
        ].join(' ')
        const error = refusalOf(
          reply(status, { location: 'https://x.example/s3cret-token' }, `<html>${forms} \u001b[31m${text}`),
          {
            ...asked,
            url: 'https://api.example/s3cret-token/x?s3cret-query',
          },
        )
        expect(error?.message ?? '').not.toMatch(/s3cret|czNjcmV0/)
        // oxlint-disable-next-line no-control-regex -- these are what is looked for
        expect(error?.message ?? '').not.toMatch(/[\u0000-\u001f\u007f]/)
      }),
    )
  })
})

describe('failureOf', () => {
  it.each<[HttpError['kind'], SourceError['kind'], RegExp]>([
    ['connect', 'transient', /network/],
    ['timeout', 'transient', /tried again/],
    ['broken', 'transient', /tried again/],
    ['name', 'denied', /name server/],
    ['tls', 'denied', /ca_file/],
    ['address', 'denied', /nothing was sent/],
    ['proxy', 'denied', /proxy/],
  ])('%s: %s', (kind, becomes, words) => {
    const error = failureOf(new HttpError(kind, 'https://api.example: s3cret-token'), asked) as SourceError
    expect(error).toBeInstanceOf(SourceError)
    expect(error.kind).toBe(becomes)
    expect(error.message).toMatch(words)
    expect(error.message).not.toContain('s3cret')
  })

  it('credentials that are not given are denied, and what was said is shown without secrets', () => {
    const thrown = new CredentialsError(
      'oauth_invalid_client',
      'https://login.example gave no token',
      'wrong: s3cret-token\u0007',
    )
    const error = failureOf(thrown, asked) as SourceError
    expect(error).toMatchObject({ kind: 'denied' })
    expect(error.message).toBe(
      'https://login.example gave no token: wrong: [secret]\\u{7} (check the credentials of this source)',
    )
  })

  it('an abort comes back as it is', () => {
    const reason = new DOMException('stop', 'AbortError')
    expect(failureOf(reason, asked)).toBe(reason)
  })
})
