import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeStatus } from '../../../src/destinations/judge.ts'
import { pauseMsOf, resetMs } from '../../../src/runtime/rate-limit.ts'
import { LONGEST_WAIT_MS, SHORTEST_WAIT_MS } from '../../../src/runtime/retry-after.ts'
import type { HttpReply } from '../../../src/runtime/http.ts'

const now = Date.UTC(2026, 4, 17, 8)
const shortest = SHORTEST_WAIT_MS
const longest = LONGEST_WAIT_MS
type Headers = Record<string, string>

function reply(status: number, headers: Headers): HttpReply {
  return { status, headers, body: new Uint8Array(), truncated: false }
}

function afterMs(status: number, headers: Headers): number | undefined {
  const [verdict] = judgeStatus(reply(status, headers), 1, now)
  return verdict?.kind === 'retry' ? verdict.afterMs : undefined
}

describe('row 44: when a limit is full again', () => {
  it.each<[Headers, number | undefined]>([
    [{ 'ratelimit-reset': '30' }, 30_000],
    [{ 'x-ratelimit-reset': '30' }, 30_000],
    [{ 'x-rate-limit-reset': '30' }, 30_000],
    [{ 'x-ratelimit-reset': '2.5' }, 2_500],
    [{ 'x-ratelimit-reset': `${now / 1000 + 90}` }, 90_000],
    [{ 'x-ratelimit-reset': `${now / 1000 + 90}.25` }, 90_250],
    [{ 'x-ratelimit-reset': `${now + 90_000}` }, 90_000],
    [{ 'x-rate-limit-reset': `${now / 1000 + 90}` }, 90_000],
    [{ 'x-ratelimit-reset': '2026-05-17T08:00Z' }, shortest],
    [{ 'x-ratelimit-reset': '2026-05-17T08:02:00Z' }, 120_000],
    [{ 'x-ratelimit-reset': 'Sun, 17 May 2026 08:02:00 GMT' }, 120_000],
    [{ 'x-ratelimit-reset': '30, 60' }, 30_000],
    [{ ratelimit: '"default";r=0;t=30' }, 30_000],
    [{ ratelimit: '"default"; r=0; t=30' }, 30_000],
    [{ ratelimit: '"minute";r=0;t=30, "hour";r=0;t=900, "day";r=5;t=3000' }, 900_000],
    [{ ratelimit: 'limit=100, remaining=0, reset=30' }, 30_000],
    [{ ratelimit: '"default";t=30' }, 30_000],
    // Something is left of the limit: it is not the reason.
    [{ ratelimit: '"default";r=7;t=30' }, undefined],
    [{ ratelimit: 'limit=100, remaining=7, reset=30' }, undefined],
    [{ 'ratelimit-remaining': '7', 'ratelimit-reset': '30' }, undefined],
    // The absurd, held as Retry-After is.
    [{ 'ratelimit-reset': '0' }, shortest],
    [{ 'ratelimit-reset': '-5' }, shortest],
    [{ 'ratelimit-reset': '999999999' }, longest],
    [{ 'x-ratelimit-reset': `${now / 1000 - 90}` }, shortest],
    [{ 'x-ratelimit-reset': `${now - 90_000}` }, shortest],
    [{ 'x-ratelimit-reset': '9'.repeat(18) }, longest],
    [{ 'x-ratelimit-reset': '9'.repeat(400) }, undefined],
    [{ 'x-ratelimit-reset': 'soon' }, undefined],
    [{ 'x-ratelimit-reset': '' }, undefined],
    [{ 'x-ratelimit-reset': '1e3' }, undefined],
    [{ ratelimit: '"default";r=0;t=99999999999' }, longest],
    [{ ratelimit: 'nonsense' }, undefined],
    [{ ratelimit: `"${'x'.repeat(5000)}";r=0;t=30` }, undefined],
    [{}, undefined],
  ])('%j', (headers, expected) => {
    expect(resetMs(headers, now)).toBe(expected)
    for (const status of [429, 503]) expect(afterMs(status, headers)).toBe(expected)
  })

  it('a time is taken by the clock of the receiver where it names it', () => {
    const headers = { 'x-ratelimit-reset': `${now / 1000 + 7_260}`, date: 'Sun, 17 May 2026 10:00:00 GMT' }
    expect(resetMs(headers, now)).toBe(60_000)
  })

  it('Retry-After goes before it, and of another answer it explains nothing', () => {
    const headers = { 'ratelimit-reset': '30' }
    expect(afterMs(429, { ...headers, 'retry-after': '5' })).toBe(5_000)
    for (const status of [408, 425, 500, 502, 504]) expect(afterMs(status, headers)).toBeUndefined()
  })
})

describe('an answer that uses the limit up', () => {
  it.each<[Headers, number | undefined]>([
    [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '30' }, 30_000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30' }, 30_000],
    [{ 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': `${now / 1000 + 30}` }, 30_000],
    [{ 'x-ratelimit-remaining': '-3', 'x-ratelimit-reset': '30' }, 30_000],
    [{ ratelimit: '"default";r=0;t=30' }, 30_000],
    [{ ratelimit: 'limit=100, remaining=0, reset=30' }, 30_000],
    [{ ratelimit: '"minute";r=0;t=30, "hour";r=7;t=900' }, 30_000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1e99' }, undefined],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999' }, longest],
    [{ 'x-ratelimit-remaining': '0' }, undefined],
    [{ 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '30' }, undefined],
    [{ 'x-ratelimit-reset': '30' }, undefined],
    [{ ratelimit: '"default";r=1;t=30' }, undefined],
    [{ ratelimit: '"default";t=30' }, undefined],
    [{ 'retry-after': '30' }, undefined],
    [{}, undefined],
  ])('%j', (headers, expected) => {
    expect(pauseMsOf(reply(200, headers), now)).toBe(expected)
    for (const status of [302, 400, 429, 503]) expect(pauseMsOf(reply(status, headers), now)).toBeUndefined()
  })
})

it('whatever is sent, every wait lies between a second and an hour', () => {
  const number = fc.oneof(fc.integer().map(String), fc.double().map(String), fc.maxSafeInteger().map(String))
  const text = fc.oneof(
    fc.string(),
    number,
    fc.tuple(number, number).map(([r, t]) => `"x";r=${r};t=${t}`),
  )
  const names = [
    'ratelimit',
    'ratelimit-reset',
    'x-ratelimit-reset',
    'ratelimit-remaining',
    'x-ratelimit-remaining',
    'date',
  ]
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), text), (headers) => {
      for (const wait of [resetMs(headers, now), pauseMsOf(reply(200, headers), now)])
        if (wait !== undefined) expect(wait >= shortest && wait <= longest && Number.isInteger(wait)).toBe(true)
    }),
  )
})
