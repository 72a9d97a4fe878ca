import { describe, expect, test } from 'vitest'
import { nearest } from '../../../src/model/nearest.ts'
import { duration, parseDuration, parseSize, size } from '../../../src/model/units.ts'

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
  ['0s', 0],
  ['30', undefined],
  ['', undefined],
  ['1.5h', undefined],
  ['-1s', undefined],
  ['1 s', undefined],
  ['1S', undefined],
  ['1w', undefined],
  ['999999999999999d', undefined],
])('the duration %j is %j', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  ['512B', 512],
  ['64KiB', 65_536],
  ['1MiB', 1_048_576],
  ['10GiB', 10_737_418_240],
  ['1TiB', 1_099_511_627_776],
  ['10GB', undefined],
  ['10', undefined],
  ['1mib', undefined],
])('the size %j is %j', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})

describe('zod types', () => {
  const complaint = (type: ReturnType<typeof duration>, value: unknown) =>
    type.safeParse(value).error?.issues[0]?.message
  test('give the number, and keep within bounds', () => {
    expect(duration().parse('2m')).toBe(120_000)
    expect(size().parse('1KiB')).toBe(1024)
    expect(complaint(duration({ min: '1s' }), '999ms')).toBe('expected 1s or more')
    expect(complaint(duration({ max: '1h' }), '2h')).toBe('expected 1h or less')
    expect(duration({ min: '1s', max: '1s' }).parse('1000ms')).toBe(1000)
  })
  test('say what to write', () => {
    expect(complaint(duration(), 30)).toBe('expected a duration such as 30s; write 30s')
    expect(complaint(size(), '10GB')).toBe('expected a size such as 64MiB; write 10GiB')
    expect(complaint(size(), [])).toBe('expected a size such as 64MiB')
  })
})

test.each([
  ['filtre', 'filter'],
  ['fitler', 'filter'],
  ['Filter', 'filter'],
  ['sourcs', 'sources'],
  ['urll', 'url'],
  ['x', undefined],
  ['completely_else', undefined],
])('nearest to %j is %j', (word, expected) => {
  expect(nearest(word, ['filter', 'sources', 'url', 'timeout'])).toBe(expected)
})
