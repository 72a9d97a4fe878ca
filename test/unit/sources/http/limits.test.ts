// How long an API wants to be left alone, where it says so in a header of its own.
import { describe, expect, it } from 'vitest'
import { http } from '../../../../src/sources/http/index.ts'
import { open, readWindow, windowed } from './reading.ts'

const now = Date.UTC(2026, 4, 17, 8)
const limits = { header: 'X-App-Reset', reset: 'epoch' }
const inNinetySeconds = { 'x-app-reset': String(now / 1000 + 90) }

/** What reading a window fails with. */
async function failure(given: object, answer: object): Promise<unknown> {
  const { source } = await open({ ...windowed, ...given }, { status: 429, body: '{}', ...answer })
  return (await readWindow(source)).error
}

describe('row 44: a header of another name', () => {
  it.each([
    ['epoch', String(now / 1000 + 90), 90_000],
    ['epoch', String(now + 90_000), 90_000],
    ['delta', '90', 90_000],
    ['delta', '1779000000', 3_600_000],
    ['datetime', '2026-05-17T08:01:30Z', 90_000],
    ['auto', String(now / 1000 + 90), 90_000],
    ['auto', '90', 90_000],
    [undefined, 'Sun, 17 May 2026 08:01:30 GMT', 90_000],
    // Not what it is said to hold: as if it were not there.
    ['datetime', '90', 60_000],
    ['epoch', '2026-05-17T08:01:30Z', 60_000],
    ['delta', 'soon', 60_000],
    // Small, but a time.
    ['epoch', '90', 1_000],
  ])('%s: %s', async (reset, value, afterMs) => {
    const given = { limits: { header: 'X-App-Reset', ...(reset && { reset }) } }
    expect(await failure(given, { headers: { 'x-app-reset': value } })).toMatchObject({ kind: 'limited', afterMs })
  })

  it('is what a rule waits for, before its `after`; Retry-After goes before it, and it before the usual ones', async () => {
    const errors = [{ status: 200, body: { code: 'BUSY' }, do: 'throttle', after: '10m' }]
    const busy = { status: 200, body: '{"code":"BUSY"}' }
    const cases = [
      [inNinetySeconds, 90_000],
      [{ ...inNinetySeconds, 'retry-after': '7' }, 7_000],
      [{ ...inNinetySeconds, 'x-ratelimit-reset': '30' }, 90_000],
      [{ 'x-ratelimit-reset': '30' }, 30_000],
      [{}, 600_000],
    ] as const
    for (const [headers, afterMs] of cases)
      expect(await failure({ limits, errors }, { ...busy, headers })).toMatchObject({ kind: 'limited', afterMs })
  })

  it('makes no limit of a 403 or 503 that is none, and says how long where it is one', async () => {
    const headers = inNinetySeconds
    expect(await failure({ limits }, { status: 403, headers })).toMatchObject({ kind: 'denied' })
    expect(await failure({ limits }, { status: 503, headers })).toMatchObject({ kind: 'transient' })
    const worded = { status: 403, headers, body: '{"error":"rate limit exceeded"}' }
    expect(await failure({ limits }, worded)).toMatchObject({ kind: 'limited', afterMs: 90_000 })
    const usedUp = { status: 403, headers: { ...headers, 'x-ratelimit-remaining': '0' } }
    expect(await failure({ limits }, usedUp)).toMatchObject({ kind: 'limited', afterMs: 90_000 })
  })

  it('a file names it over a preset, and the faults say what to do', () => {
    const faults = (given: object): string[] =>
      (http.options.safeParse({ url: 'https://api.example', ...windowed, limits: given }).error?.issues ?? []).map(
        ({ path, message }) => `${path.join('.')}: ${message}`,
      )
    expect(faults({ header: 'X-App-Reset', per_second: 1 })).toEqual([])
    expect(faults({ reset: 'epoch' })).toEqual([expect.stringMatching(/^limits\.reset: expected `header` beside it/)])
    expect(faults({ header: 'X App' })).toEqual([
      expect.stringMatching(/^limits\.header: expected the name of a header/),
    ])
    const { definition } = http.options.parse({
      preset: 'auth0',
      params: { domain: 'a.test' },
      auth: { type: 'bearer', token: 't' },
      limits,
    })
    expect(definition.limits).toEqual({ per_second: 2, ...limits })
  })
})
