// When a command that delivers by itself gives up: not while a rate makes it rest, and not never.
import { expect, it } from 'vitest'
import { stall } from '../../../src/cli/stalling.ts'
import type { RequestCounts, StoredRequest } from '../../../src/store/requests.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const minute = 60_000

function rig(perSecond: number | null) {
  const clock = new TestClock()
  const stalled = stall(minute, clock)
  const asked = { kind: 'replay_events', destination: 'siem', from: 0, to: 9, perSecond } as const
  let counts = { chosen: 5_000, taken: 0, skipped: 0, delivered: 0, dead: 0, dropped: 0 }
  const after = async (ms: number, more: Partial<RequestCounts> = {}): Promise<boolean> => {
    await clock.advance(ms)
    counts = { ...counts, ...more }
    const rest = { id: 1, at: 0, by: 'me', text: null, finishedAt: null }
    return stalled({ ...rest, asked, state: 'running', counts } satisfies StoredRequest)
  }
  return after
}

it('rests after a page of 1,000 for as long as it lasts at 10/s, and gives up later when nothing came', async () => {
  const after = rig(10)
  expect(await after(0)).toBe(false)
  expect(await after(200, { taken: 1_000 })).toBe(false)
  expect(await after(200, { delivered: 1_000 })).toBe(false)
  expect(await after(100_000)).toBe(false)
  expect(await after(minute - 1)).toBe(false)
  expect(await after(1)).toBe(true)
})

it('gives up in time on what is taken and not delivered, whatever the rate', async () => {
  const after = rig(10)
  expect(await after(0)).toBe(false)
  expect(await after(200, { taken: 1_000 })).toBe(false)
  expect(await after(minute - 1, {})).toBe(false)
  expect(await after(1)).toBe(true)
})

it('waits for the first one at a rate of less than one a minute', async () => {
  const after = rig(10 / 3600)
  expect(await after(0)).toBe(false)
  expect(await after(400_000)).toBe(false)
})

it('does not wait for what an earlier run had taken', async () => {
  const after = rig(10)
  expect(await after(0, { taken: 4_000, delivered: 4_000 })).toBe(false)
  expect(await after(minute + 100)).toBe(true)
})

it('without a rate, gives up when nothing changes', async () => {
  const after = rig(null)
  expect(await after(0, { taken: 5, delivered: 5 })).toBe(false)
  expect(await after(minute)).toBe(true)
})
