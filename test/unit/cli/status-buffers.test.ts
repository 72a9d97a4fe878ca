import { expect, test } from 'vitest'
import { paintFor } from '../../../src/cli/paint.ts'
import { bufferJson } from '../../../src/cli/status/buffers.ts'
import { statusLines } from '../../../src/cli/status/render.ts'
import type { DestinationOverview } from '../../../src/store/store.ts'
import { NOW } from './fake-world.ts'
import { destination, well } from './overviews.ts'

const MiB = 2 ** 20
const buffers: Readonly<Record<string, DestinationOverview['buffer']>> = {
  archive: { maxAgeMs: null, maxBytes: 64 * MiB, whenFull: 'block', waitingBytes: 64.5 * MiB },
  pager: { maxAgeMs: 3_600_000, maxBytes: null, whenFull: 'dead_letter', waitingBytes: 0 },
  siem: { maxAgeMs: 3_600_000, maxBytes: 64 * MiB, whenFull: 'drop_oldest', waitingBytes: 12 * MiB },
  unbounded: null,
}
const destinations = Object.entries(buffers).map(([name, buffer]) => destination({ name, buffer }))
const facts = {
  state: 's.db',
  expected: { maxLagMs: 900_000, scheduled: false },
  now: NOW,
  paint: paintFor({ colour: 0 }),
}

function section(lines: readonly string[]): readonly string[] {
  const from = lines.indexOf('BUFFERS')
  return lines.slice(from + 1, lines.indexOf('', from) < 0 ? undefined : lines.indexOf('', from))
}

test('shows how full each bounded destination is, and what happens beyond', () => {
  const lines = statusLines({ ...facts, overview: { ...well, destinations }, width: 140 })
  expect(section(lines)).toEqual([
    'archive  64.5 MiB of 64 MiB waiting; blocks its sources when full',
    'pager    0 B waiting, at most 1h old; makes dead letters of the oldest',
    'siem     12 MiB of 64 MiB waiting, at most 1h old; drops the oldest',
  ])
  expect(statusLines({ ...facts, overview: well, width: 80 })).not.toContain('BUFFERS')
})

test('does not say that everything is kept where the oldest is not', () => {
  const reason = { code: 'http_503', text: 'the receiver answered 503' }
  const health = {
    state: 'open',
    since: NOW - 1000,
    nextTrialAt: NOW,
    trials: 1,
    reason,
    lastDeliveredAt: null,
  } as const
  const failing = destinations.map((one) => ({
    ...one,
    health: { ...health, lastFailure: { at: NOW - 1000, reason } },
  }))
  const lines = statusLines({ ...facts, overview: { ...well, destinations: failing }, width: undefined })
  const kept = lines.filter((line) => line.includes('next trial')).map((line) => /503\. (.*);/.exec(line)?.[1])
  expect(kept).toEqual([
    'Everything is kept',
    'Events wait within its buffer, and the oldest become dead letters beyond it',
    'Events wait within its buffer, and the oldest are dropped beyond it',
    'Everything is kept',
  ])
})

test('as JSON: sizes in bytes, the age in seconds', () => {
  expect(bufferJson(buffers['siem'] ?? null)).toEqual({
    waiting_bytes: 12 * MiB,
    max_bytes: 64 * MiB,
    max_age_seconds: 3600,
    when_full: 'drop_oldest',
  })
  expect(bufferJson(null)).toBeNull()
})
