// Unix times as records hold them, turned into RFC 3339 text without losing a digit.
import type { TimeForm } from './fields.ts'

const nanosPer: Readonly<Record<Exclude<TimeForm, 'rfc3339'>, bigint>> = {
  unix_s: 1_000_000_000n,
  unix_ms: 1_000_000n,
  unix_us: 1000n,
  unix_ns: 1n,
}
const decimal = /^(-?)(\d{1,20})(?:\.(\d{1,30}))?$/u
/** Years 0000 to 9999, seconds. */
const earliest = -62_167_219_200n
const latest = 253_402_300_799n

/** RFC 3339, UTC, of a decimal number of units since 1970; undefined when it is none or lies outside the years 0000 to 9999. */
export function rfc3339Of(text: string, form: Exclude<TimeForm, 'rfc3339'>): string | undefined {
  const found = decimal.exec(plain(text))
  if (!found) return undefined
  const [, sign, whole, fraction = ''] = found
  const unit = nanosPer[form]
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
