import { expect, test } from 'vitest'
import { showCheck } from '../../../src/cli/commands/check.ts'
import { showStatus } from '../../../src/cli/commands/status.ts'
import { EXIT, exitCodeOf, failureText } from '../../../src/cli/exit-codes.ts'
import { ConfigError, StateError, StateHeldError } from '../../../src/model/errors.ts'
import { fakeWorld, NOW } from './fake-world.ts'
import { source, troubled, well } from './overviews.ts'

const facts = { state: '/s.db', expected: { maxLagMs: 900_000, scheduled: false }, now: NOW }

test('status --check is silent and 0 when all is well', () => {
  const world = fakeWorld()
  expect(showStatus({ ...facts, overview: well }, { check: true }, world)).toBe(EXIT.done)
  expect(world.stdout.text()).toBe('')
})

test('status --check is one printable line a problem and 1', () => {
  const world = fakeWorld()
  expect(showStatus({ ...facts, overview: troubled }, { check: true }, world)).toBe(EXIT.failed)
  const lines = world.stdout.text().trimEnd().split('\n')
  expect(lines).toHaveLength(9)
  expect(lines).toContain('relay: does not run; last sign of life 47m ago')
  expect(lines).toContain('app: 3 records quarantined, the newest 2m ago: no JSON\\u001b[31m at column 4')
})

test('status without --check is 1 when the balance does not hold, and 0 whatever else it shows', () => {
  const world = fakeWorld({ columns: 80 })
  expect(showStatus({ ...facts, overview: troubled }, {}, world)).toBe(EXIT.failed)
  expect(world.stdout.text()).toContain('DOES NOT BALANCE')
  const destinations = troubled.destinations.filter(({ name }) => name !== 'archive')
  const balanced = { ...troubled, destinations }
  expect(showStatus({ ...facts, overview: balanced }, {}, world)).toBe(EXIT.done)
  expect(showStatus({ ...facts, overview: balanced }, { json: true }, world)).toBe(EXIT.done)
  const sources = [source({ pulled: 12_351 })]
  expect(showStatus({ ...facts, overview: { ...well, sources } }, {}, world)).toBe(EXIT.failed)
  expect(showStatus({ ...facts, overview: { ...well, sources } }, { json: true }, world)).toBe(EXIT.failed)
  expect(world.stdout.text()).toContain('12,351 pulled = 12,345 new + 5 duplicates')
})

test('status --check --json has both', () => {
  const world = fakeWorld()
  expect(showStatus({ ...facts, overview: troubled }, { check: true, json: true }, world)).toBe(EXIT.failed)
  expect(JSON.parse(world.stdout.text())).toMatchObject({ relay: { running: false }, problems: { length: 9 } })
})

test('check prints what does not add up and is 1', () => {
  const world = fakeWorld()
  const report = { pages: 12, events: 1200, faults: ['page 3 of "app" does not follow from page 2'] }
  expect(showCheck(report, { path: '/s.db', json: false }, world)).toBe(EXIT.failed)
  expect(world.stdout.text()).toBe(
    'fault  page 3 of "app" does not follow from page 2\n/s.db: 12 pages with 1,200 events, 1 fault\n',
  )
})

test('check of a sound state is 0', () => {
  const world = fakeWorld()
  expect(showCheck({ pages: 1, events: 1, faults: [] }, { path: '/s.db', json: false }, world)).toBe(EXIT.done)
  expect(world.stdout.text()).toBe('/s.db: 1 page with 1 event, everything adds up\n')
  expect(showCheck({ pages: 1, events: 1, faults: [] }, { path: '/s.db', json: true }, world)).toBe(EXIT.done)
})

test.each([
  [new ConfigError([]), 78],
  [new StateHeldError('held'), 4],
  [new StateError('damaged'), 1],
  [new TypeError('a bug'), 1],
  ['thrown text', 1],
])('%s ends with its exit code', (error, code) => {
  expect(exitCodeOf(error)).toBe(code)
})

test('a failure is one line; the stack with its causes comes only when asked for', () => {
  const error = new Error('could not\nread', { cause: new Error('the disk is gone') })
  expect(failureText(error, false)).toBe('audit-relay: could not read\n')
  expect(failureText(error, true)).toMatch(/could not\nread[\s\S]+ at [\s\S]+caused by: Error: the disk is gone/)
})
