import { expect, test } from 'vitest'
import { counted, countText, durationText, sizeText } from '../../../src/telemetry/units.ts'

test.each([
  [-5, '0ms'],
  [0, '0ms'],
  [999.9, '999ms'],
  [1000, '1s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [61_000, '1m 1s'],
  [599_000, '9m 59s'],
  [601_000, '10m'],
  [3_600_000, '1h'],
  [3_661_000, '1h 1m'],
  [90_000_000, '1d 1h'],
])('%d ms reads %s', (ms, text) => {
  expect(durationText(ms)).toBe(text)
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [200 * 1024, '200 KiB'],
  [10 * 2 ** 30, '10 GiB'],
  [5 * 2 ** 50, '5120 TiB'],
])('%d bytes read %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text)
})

test('counts have thousands marked and agree with their noun', () => {
  expect([0, 999, 1000, 1234567].map(countText)).toEqual(['0', '999', '1,000', '1,234,567'])
  expect([counted(1, 'event'), counted(2, 'event'), counted(2, 'batch', 'batches')]).toEqual([
    '1 event',
    '2 events',
    '2 batches',
  ])
})
