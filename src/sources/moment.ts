// Times in the forms in which records hold them, turned into RFC 3339 text without losing a digit.
import type { TimeForm } from './fields.ts'

type OtherForm = Exclude<TimeForm, 'rfc3339'>

const nanosPer: Readonly<Record<Exclude<OtherForm, 'utc' | 'date'>, bigint>> = {
  unix_s: 1_000_000_000n,
  unix_ms: 1_000_000n,
  unix_us: 1000n,
  unix_ns: 1n,
}
const decimal = /^(-?)(\d{1,20})(?:\.(\d{1,30}))?$/u
const dateAlone = /^\d{4}-\d{2}-\d{2}$/u
/** A date and a time of day, without a zone or with one in any of its spellings (`Z`, `UTC`, `+02`, `+0200`, `+02:00`). */
const dateTime = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(:\d{2}(?:[.,]\d{1,18})?)? ?(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?$/u
/** Years 0000 to 9999, seconds. */
const earliest = -62_167_219_200n
const latest = 253_402_300_799n

/** RFC 3339 of a time in another form; undefined when it is none, or lies outside the years 0000 to 9999. */
export function rfc3339Of(text: string, form: OtherForm): string | undefined {
  if (form === 'date') return dateAlone.test(text) ? `${text}T00:00:00Z` : undefined
  return form === 'utc' ? zoned(text) : fromUnits(text, nanosPer[form])
}

/** A time without a zone is UTC; one with a zone keeps it. */
function zoned(text: string): string | undefined {
  const found = dateTime.exec(text)
  if (!found) return undefined
  const [, date, minutes, seconds = ':00', zone = 'Z'] = found
  return `${date}T${minutes}${seconds.replace(',', '.')}${offset(zone)}`
}

function offset(zone: string): string {
  if (!/^[+-]/u.test(zone)) return 'Z'
  return `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`
}

/** UTC, of a decimal number of units since 1970. */
function fromUnits(text: string, unit: bigint): string | undefined {
  const found = decimal.exec(plain(text))
  if (!found) return undefined
  const [, sign, whole, fraction = ''] = found
  const digits = fraction.slice(0, 9).padEnd(9, '0')
  const magnitude = BigInt(whole as string) * unit + (BigInt(digits) * unit) / 1_000_000_000n
  const nanos = sign === '-' ? -magnitude : magnitude
  const rest = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const seconds = (nanos - rest) / 1_000_000_000n
  if (seconds < earliest || seconds > latest) return undefined
  const stamp = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  const tail = rest.toString().padStart(9, '0').replace(/0+$/u, '')
  return `${stamp}${tail === '' ? '' : `.${tail}`}Z`
}

/** `1.7e9` as `1700000000`; the rest as it is. */
function plain(text: string): string {
  if (!/[eE]/u.test(text)) return text
  const value = Number(text)
  return Number.isFinite(value) && Math.abs(value) < 1e20 ? value.toFixed(9) : text
}
