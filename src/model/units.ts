// Durations and sizes as they are written in a configuration, and the zod types that read them.
import { z, type ZodType } from 'zod'

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const sizeUnits: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 }

const durationForm = /^([0-9]{1,15})(ms|s|m|h|d)$/
const sizeForm = /^([0-9]{1,15})(B|KiB|MiB|GiB|TiB)$/

/** Milliseconds of `500ms`, `30s`, `5m`, `1h`, `7d`; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  return amount(durationForm.exec(text), durationUnits)
}

/** Bytes of `512B`, `64KiB`, `1MiB`, `10GiB`; undefined for any other text. */
export function parseSize(text: string): number | undefined {
  return amount(sizeForm.exec(text), sizeUnits)
}

function amount(match: RegExpExecArray | null, units: Readonly<Record<string, number>>): number | undefined {
  if (!match) return undefined
  const value = Number(match[1]) * (units[match[2] as string] as number)
  return Number.isSafeInteger(value) ? value : undefined
}

interface Bounds {
  readonly min?: string
  readonly max?: string
}

/** A duration in text; gives milliseconds. Bounds are included and written like the value. */
export function duration(bounds: Bounds = {}): ZodType<number, string> {
  return measure({ word: 'duration', example: '30s', unit: 's', parse: parseDuration, form: durationForm }, bounds)
}

/** A size in text; gives bytes. Bounds are included and written like the value. */
export function size(bounds: Bounds = {}): ZodType<number, string> {
  return measure({ word: 'size', example: '64MiB', unit: 'MiB', parse: parseSize, form: sizeForm }, bounds)
}

interface Measure {
  readonly word: string
  readonly example: string
  /** Suggested to somebody who wrote a bare number. */
  readonly unit: string
  readonly form: RegExp
  parse(text: string): number | undefined
}

function measure(kind: Measure, { min, max }: Bounds): ZodType<number, string> {
  const lowest = min === undefined ? 0 : (kind.parse(min) as number)
  const highest = max === undefined ? Infinity : (kind.parse(max) as number)
  return z
    .string({ error: ({ input }) => misread(kind, input) })
    .meta({ pattern: kind.form.source, examples: [kind.example] })
    .transform((text, context) => {
      const value = kind.parse(text)
      const fault =
        value === undefined
          ? misread(kind, text)
          : value < lowest
            ? `expected ${min} or more`
            : value > highest
              ? `expected ${max} or less`
              : undefined
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, continue: false })
      return value ?? z.NEVER
    })
}

function misread(kind: Measure, found: unknown): string {
  const expected = `expected a ${kind.word} such as ${kind.example}`
  const decimal = kind.word === 'size' && typeof found === 'string' && /^([0-9]{1,15})\s*([KMGT])B?$/i.exec(found)
  if (decimal) return `${expected}; write ${decimal[1]}${(decimal[2] as string).toUpperCase()}iB`
  const bare = typeof found === 'number' || (typeof found === 'string' && /^[0-9]{1,15}$/.test(found))
  return bare ? `${expected}; write ${found}${kind.unit}` : expected
}
