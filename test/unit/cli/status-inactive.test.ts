// What `status` says of what a command stopped, of errors that are over, and of what is parked.
import { expect, test } from 'vitest'
import { paintFor } from '../../../src/cli/paint.ts'
import { statusJson } from '../../../src/cli/status/json.ts'
import { statusLines } from '../../../src/cli/status/render.ts'
import type { Overview } from '../../../src/store/store.ts'
import { NOW } from './fake-world.ts'
import { closed, destination, source, well } from './overviews.ts'

const facts = { state: '/s.db', expected: { maxLagMs: 900_000, scheduled: false }, now: NOW }

function shown(changes: Partial<Overview>): string {
  const overview = { ...well, ...changes }
  return statusLines({ ...facts, overview, width: undefined, paint: paintFor({ colour: 0 }) }).join('\n')
}

test('a source that a command disabled is inactive, and it says why and how to end that', () => {
  const sources = [source({ enabled: false, duplicates: 1, pulled: 12_346 })]
  const text = shown({ sources })
  expect(text).toMatch(/^app +Inactive /m)
  expect(text).toContain('app  disabled by command: it is not read; audit-relay sources enable app ends that')
  expect(text).toContain('12,346 pulled = 12,345 new + 1 duplicate\n')
  expect(statusJson({ ...facts, overview: { ...well, sources } })).toMatchObject({
    sources: [{ status: 'Inactive', inactive_because: ['command'] }],
    problems: [],
  })
  expect(shown({})).not.toContain('NEEDS ATTENTION')
})

test('a source that is not in the file is inactive, as "sources list" has it, and what was wrong with it is over', () => {
  const failed = { at: NOW - 1000, ok: false, error: '401', notices: [] }
  const sources = [source({ lastPull: failed }), source({ name: 'relay', pulled: 12_350 })]
  const expected = { ...facts.expected, configured: ['billing'] }
  const overview = { ...well, sources }
  const text = statusLines({ ...facts, expected, overview, width: undefined, paint: paintFor({ colour: 0 }) }).join(
    '\n',
  )
  expect(text).toMatch(/^app +Inactive /m)
  expect(text).toMatch(/^relay +Active /m)
  expect(text).toContain('app  is not in the configuration: it is not read')
  expect(statusJson({ ...facts, expected, overview })).toMatchObject({
    sources: [{ status: 'Inactive', inactive_because: ['not_configured'] }, { status: 'Active' }],
    problems: [],
  })
  expect(shown({ sources })).toMatch(/^app +Active with errors /m)
})

test('a destination that a command disabled says so, and what becomes of its events', () => {
  const stopped = destination({ state: 'disabled', stopped: true })
  expect(shown({ destinations: [stopped] })).toContain(
    'siem  disabled by command: its events wait; audit-relay destinations enable siem ends that',
  )
  expect(shown({ destinations: [{ ...stopped, discard: true }] })).toContain('what comes is dropped')
  expect(statusJson({ ...facts, overview: { ...well, destinations: [stopped] } })).toMatchObject({
    destinations: [{ inactive_because: ['command'] }],
  })
})

test('the last error is told while it fails, and no longer when something was delivered since', () => {
  const reason = { code: 'http_400', text: 'refused for the colour' }
  const health = { ...closed, lastFailure: { at: NOW - 60_000, reason } }
  const dead = { delivered: 11_999, dead: 1, health }
  const recovered = shown({ destinations: [destination(dead)] })
  expect(recovered).not.toContain('refused for the colour')
  expect(recovered).toContain('siem  1 dead letter; audit-relay dlq stats --destination siem says why')
  const failing = { ...health, lastDeliveredAt: NOW - 90_000 }
  expect(shown({ destinations: [destination({ ...dead, health: failing })] })).toContain('refused for the colour')
})

test('a parked one tells of its dead letters, and blocks nobody', () => {
  const buffer = { maxAgeMs: null, maxBytes: 1024, whenFull: 'block' as const, waitingBytes: 0 }
  const parked = destination({ state: 'parked', delivered: 11_998, dead: 2, buffer })
  const text = shown({ destinations: [parked] })
  expect(text).toContain('parked with 0 undelivered events and 2 dead letters until it returns')
  expect(text).toContain('waiting; parked: gets nothing, and blocks nobody')
  expect(shown({ destinations: [{ ...parked, state: 'enabled' }] })).toContain('blocks its sources when full')
})
