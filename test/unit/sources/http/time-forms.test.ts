import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type Bounds,
  TIME_FORMS,
  type TimeForm,
  writeEnd,
  writeStart,
} from '../../../../src/sources/http/time-forms.ts'

const at = Date.UTC(2026, 4, 17, 7, 30, 15, 123)

it.each([
  ['rfc3339', '2026-05-17T07:30:15Z', '2026-05-17T07:30:16Z'],
  ['rfc3339_ms', '2026-05-17T07:30:15.123Z', '2026-05-17T07:30:15.123Z'],
  ['rfc3339_us', '2026-05-17T07:30:15.123000Z', '2026-05-17T07:30:15.123000Z'],
  ['epoch_s', 1_779_003_015, 1_779_003_016],
  ['epoch_ms', 1_779_003_015_123, 1_779_003_015_123],
  ['epoch_us', 1_779_003_015_123_000, 1_779_003_015_123_000],
  ['epoch_ns', '1779003015123000000', '1779003015123000000'],
  ['date', '2026-05-17', '2026-05-18'],
  ['minute', '2026-05-17T07:30', '2026-05-17T07:31'],
] as const)('row 23: %s is rounded down at the start and up at the end', (form, start, end) => {
  expect(writeStart(at, form, 'half_open')).toBe(start)
  expect(writeEnd(at, form)).toBe(end)
})

it('row 23: where the API leaves out what lies on the start, one step is gone back', () => {
  expect(writeStart(at, 'rfc3339_us', 'exclusive')).toBe('2026-05-17T07:30:15.122999Z')
  expect(writeStart(Date.UTC(2026, 4, 17), 'date', 'exclusive')).toBe('2026-05-16')
})

/** What an API compares, nanoseconds. */
function read(written: string | number, form: TimeForm): bigint {
  if (form === 'epoch_ns') return BigInt(written)
  const unit = { epoch_s: 1_000_000_000n, epoch_ms: 1_000_000n, epoch_us: 1000n }[form as string]
  if (unit !== undefined) return BigInt(written) * unit
  const [, whole = '', micros = ''] = /^(.*?\.\d{3})(\d{3})Z$/u.exec(String(written)) ?? []
  const text = form === 'rfc3339_us' ? `${whole}Z` : form === 'minute' ? `${written}:00Z` : String(written)
  return BigInt(Date.parse(text)) * 1_000_000n + BigInt(micros === '' ? 0 : micros) * 1000n
}

/** How four kinds of API understand their bounds; the last one leaves out the start and takes the end. */
const apis: readonly (readonly [
  name: string,
  declared: Bounds,
  includes: (event: bigint, from: bigint, to: bigint) => boolean,
])[] = [
  ['[from, to)', 'half_open', (event, from, to) => event >= from && event < to],
  ['[from, to]', 'inclusive', (event, from, to) => event >= from && event <= to],
  ['(from, to)', 'exclusive', (event, from, to) => event > from && event < to],
  ['(from, to]', 'exclusive', (event, from, to) => event > from && event <= to],
]
const steps: Readonly<Record<TimeForm, bigint>> = {
  rfc3339: 1_000_000_000n,
  rfc3339_ms: 1_000_000n,
  rfc3339_us: 1000n,
  epoch_s: 1_000_000_000n,
  epoch_ms: 1_000_000n,
  epoch_us: 1000n,
  epoch_ns: 1n,
  date: 86_400_000_000_000n,
  minute: 60_000_000_000n,
}
const cases = apis.flatMap((api) =>
  TIME_FORMS.flatMap((form) => [false, true].map((truncates) => [api[0], form, truncates, api] as const)),
)

it.each(cases)(
  'row 23: windows that meet miss nothing: %s, %s, the API truncates: %s',
  (_name, form, truncates, [, declared, includes]) => {
    const start = Date.UTC(2026, 0, 1)
    const widths = fc.array(fc.integer({ min: 1, max: 200_000_000 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }),
        widths,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.bigInt(0n, 999_999n),
        (offset, widthsMs, where, nanos) => {
          const edges = widthsMs.reduce((all, width) => [...all, (all.at(-1) as number) + width], [start + offset])
          const first = edges[0] as number
          const event = BigInt(first + Math.floor(where * ((edges.at(-1) as number) - first))) * 1_000_000n + nanos
          const compared = truncates ? event - (event % steps[form]) : event
          const seen = edges
            .slice(1)
            .some((to, index) =>
              includes(
                compared,
                read(writeStart(edges[index] as number, form, declared), form),
                read(writeEnd(to, form), form),
              ),
            )
          expect(seen).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  },
)
