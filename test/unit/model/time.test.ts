// RFC 3339 from bytes: the calendar against Date, and what is refused.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { rfc3339Ms } from '../../../src/model/time.ts'

const read = (text: string) => rfc3339Ms(Buffer.from(text), 0, text.length)

it('agrees with Date on every instant that Date can write', () => {
  const instant = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(instant, (date) => {
      expect(read(date.toISOString())).toBe(date.getTime())
    }),
  )
})

it.each([
  ['2026-05-17T08:00:00Z', '2026-05-17T08:00:00.000Z'],
  ['2026-05-17t08:00:00z', '2026-05-17T08:00:00.000Z'],
  ['2026-05-17 08:00:00+00:00', '2026-05-17T08:00:00.000Z'],
  ['2026-05-17T10:30:00+02:30', '2026-05-17T08:00:00.000Z'],
  ['2026-05-17T03:00:00-05:00', '2026-05-17T08:00:00.000Z'],
  ['2026-12-31T23:59:60Z', '2026-12-31T23:59:59.000Z'],
  ['2024-02-29T00:00:00.5Z', '2024-02-29T00:00:00.500Z'],
])('%s is %s', (text, expected) => expect(new Date(read(text)).toISOString()).toBe(expected))

it('keeps microseconds as far as a double carries them', () => {
  expect(read('2026-05-17T08:00:00.123456Z') - read('2026-05-17T08:00:00.123Z')).toBeCloseTo(0.456, 3)
})

it.each([
  '',
  'yesterday, in the evening',
  '2026-05-17',
  '2026-05-17T08:00:00',
  '2026-05-17T08:00Z',
  '2026-05-17T24:00:00Z',
  '2026-02-30T08:00:00Z',
  '2025-02-29T08:00:00Z',
  '2026-13-01T08:00:00Z',
  '2026-00-01T08:00:00Z',
  '2026-05-00T08:00:00Z',
  '2026-05-17T08:00:00.Z',
  '2026-05-17T08:00:00Zx',
  '2026-05-17T08:00:00+0200',
  '2026-05-17T08:00:00+02:60',
  '2026-05-17T08:61:00Z',
  '26-05-17T08:00:00.000000Z',
  '1779004800000000000000',
])('refuses "%s"', (text) => expect(read(text)).toBeNaN())
