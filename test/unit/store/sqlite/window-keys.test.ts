// What is read of the past for a window, and when; that it suffices is the business of the contract tests.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Page } from '../../../../src/model/page.ts'
import type { SourceRow } from '../../../../src/store/sqlite/sources.ts'
import type { Stretch } from '../../../../src/store/sqlite/page-spans.ts'
import { WindowKeys } from '../../../../src/store/sqlite/window-keys.ts'

const bounds = { maxBytes: 1, keepMs: 1, recentEvents: 64, windowKeys: 128 }
const hour = 3_600_000
const windowOf = (from: number) => ({
  from: new Date(from * hour).toISOString(),
  to: new Date((from + 1) * hour).toISOString(),
})
const sourceOf = (events: number, name = 'app') => ({ name, events, id: name.length }) as SourceRow
const pageAt = (...times: readonly number[]) =>
  ({ count: times.length, times: Float64Array.from(times, (time) => time * hour) }) as Page

describe('the keys of windows', () => {
  let asked: Stretch[]
  let keys: WindowKeys
  let perRead: number
  beforeEach(() => {
    asked = []
    perRead = 4
    let made = 0
    keys = new WindowKeys(
      {
        *identities(stretch) {
          asked.push(stretch)
          const ids = Uint32Array.from({ length: perRead * 4 }, (_, index) => (index % 4 === 0 ? ++made : 0))
          yield { keys: new Uint8Array(ids.buffer), fingerprints: new Uint8Array(perRead * 8), count: perRead }
        },
      },
      bounds,
    )
  })

  it('are not read while the most recent events are all that there is', () => {
    expect(keys.of(sourceOf(62), windowOf(0), pageAt(0, 0))).toBeNull()
    expect(keys.of(sourceOf(63), windowOf(0), pageAt(0, 0))?.size).toBe(4)
    expect(asked).toEqual([{ from: 0, to: hour, source: 3, after: 0, before: 17 }])
  })

  it('are read once for a window, and on only as events leave the most recent ones', () => {
    for (let events = 1000; events <= 1040; events += 2) keys.of(sourceOf(events), windowOf(0), pageAt(0.5, 0.5))
    expect(asked.map(({ after, before }) => [after, before])).toEqual([
      [0, 954],
      [954, 972],
      [972, 990],
    ])
  })

  it('are read for times beyond the window when a page has them, once', () => {
    for (const times of [[0.5], [0.5, 5, 5.5], [5.2, 5.5], [5.8]])
      keys.of(sourceOf(1000), windowOf(0), pageAt(...times))
    expect(asked.map(({ from, to }) => [from / hour, to / hour])).toEqual([
      [0, 1],
      [5, 5.5],
      [5.8, 5.8],
    ])
  })

  it('are kept for a few windows of each source, the last used longest', () => {
    const read = (from: number, name = 'app'): boolean => {
      const before = asked.length
      keys.of(sourceOf(1000, name), windowOf(from), pageAt(from))
      return asked.length > before
    }
    expect([0, 1, 2, 3].map((from) => read(from))).toEqual([true, true, true, true])
    expect([read(0), read(0, 'other'), read(4), read(0), read(1), read(0, 'other')]).toEqual([
      false,
      true,
      true,
      false,
      true,
      false,
    ])
    keys.forget('app')
    expect([read(0), read(0, 'other')]).toEqual([true, false])
  })

  it('are never more than two windows may hold', () => {
    perRead = 100
    for (const from of [0, 1, 2]) keys.of(sourceOf(1000), windowOf(from), pageAt(from))
    asked = []
    for (const from of [2, 1]) keys.of(sourceOf(1000), windowOf(from), pageAt(from))
    expect(asked).toEqual([])
    keys.of(sourceOf(1000), windowOf(0), pageAt(0))
    expect(asked).toHaveLength(1)
    perRead = 129
    expect(() => keys.of(sourceOf(1000), windowOf(7), pageAt(7))).toThrow('more than 128 events')
  })
})
