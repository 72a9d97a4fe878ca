// Which configurations will meet a limit of their receiver: to the millisecond, and at the right place of the file.
import { describe, expect, it } from 'vitest'
import type { DestinationKind } from '../../../src/destinations/destination.ts'
import type { Fate, Profile } from '../../../src/destinations/profile.ts'
import { SetupError } from '../../../src/model/errors.ts'
import { faultsOf, kinds, load } from './kinds.ts'

const [hook] = kinds.destinations as [DestinationKind]
const past = { ms: 86_400_000, marginMs: 3_600_000, fate: 'redated' } as const

function warningsOf(profile: Omit<Profile, 'receiver'>, lines: string): readonly string[] {
  const stated: DestinationKind = { ...hook, profile: () => ({ receiver: 'Acme', ...profile }) }
  const text = `sources: {app: {type: spool, path: a}}\ndestinations:\n  siem: {type: hook, url: "https://a.example", ${lines}}\n`
  return faultsOf(text, { kinds: { ...kinds, destinations: [stated] } }).map(
    ({ severity, message }) => `${severity}: ${message}`,
  )
}

describe('an age', () => {
  const takes =
    'Acme takes events of the last 1d as they are; older ones will stand there under the time of their arrival'

  it.each([
    ['start: 23h', []],
    ['start: 82801s', [`warning: starts with events of the last 23h 1s: ${takes}`]],
    ['start: now', []],
    ['start: beginning', [`warning: the beginning may lie further back: ${takes}`]],
    ['retry: {schedule: [11h, 12h]}', []],
    ['retry: {schedule: [11h, 12h, 1ms]}', [`warning: the last retry comes 23h after the first attempt: ${takes}`]],
    ['retry: {schedule: []}', []],
    ['buffer: {max_age: 23h, when_full: drop_oldest}', []],
    ['buffer: {max_age: 30h, when_full: dead_letter}', [`warning: events may wait 1d 6h here: ${takes}`]],
    ['buffer: {max_bytes: 1GiB}', []],
    ['dead_letters: {keep: 30d}', []],
  ])('%s', (lines, expected) => {
    expect(warningsOf({ past }, lines)).toEqual(expected)
  })

  it('shorter than the usual schedule is met by a file that says nothing', () => {
    expect(warningsOf({ past: { ...past, ms: 2 * 3_600_000 } }, '')).toEqual([expect.stringContaining('5h 12m after')])
  })

  it.each([
    ['dropped', 'drops older ones without a word'],
    ['refused', 'refuses older ones'],
    ['cut', 'cuts older ones'],
    ['redated', 'under the time of their arrival'],
    ['not_sent', 'become dead letters'],
  ] as [Fate, string][])('beyond which events are %s', (fate, words) => {
    expect(warningsOf({ past: { ...past, fate } }, 'start: 2d')).toEqual([expect.stringContaining(words)])
  })
})

describe('a size', () => {
  it.each([
    [{ maxBytes: 1024 ** 2 }, 'max_bytes: 1MiB', []],
    [{ maxBytes: 1024 ** 2 - 1 }, 'max_bytes: 1MiB', ['1048575B']],
    [{ maxBytes: 1024 ** 2 }, 'max_bytes: 2MiB', ['1MiB']],
    [{ maxEvents: 10 }, 'batch: 10', []],
    [{ maxEvents: 10 }, 'batch: 11', ['at most 10 events']],
  ])('%o and %s', (request, lines, expected) => {
    expect(warningsOf({ request }, lines)).toEqual(expected.map((words) => expect.stringContaining(words) as string))
  })
})

describe('a receiver that confirms later', () => {
  const confirmations = { usualMs: 30_000, timeoutMs: 300_000 }

  it.each([
    ['batch: 1000', []],
    ['batch: 1000, in_flight: 1', []],
    ['batch: 749, in_flight: 1', ['some 99 events a second']],
    ['', ['some 0 events a second']],
  ])('%s', (lines, expected) => {
    expect(warningsOf({ confirmations }, lines)).toEqual(
      expected.map((words) => expect.stringContaining(words) as string),
    )
  })
})

it('says nothing where nothing is known', () => {
  expect(warningsOf({}, 'start: beginning, batch: 1000, in_flight: 1')).toEqual([])
})

it('is not asked when the options cannot be had yet, which only halts that destination', () => {
  const profile = (): never => {
    throw new Error('asked')
  }
  const text =
    'sources: {app: {type: spool, path: a}}\ndestinations: {siem: {type: hook, url: "https://a.example", secret: "${GONE}"}}\n'
  const config = load(text, { kinds: { ...kinds, destinations: [{ ...hook, profile }] } })
  expect(config.warnings).toEqual([])
  expect(() => config.destinations[0]?.options()).toThrow(SetupError)
})
