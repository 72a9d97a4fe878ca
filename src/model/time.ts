// Reads RFC 3339 date-times from bytes, strictly: Date.parse accepts far more than any receiver would.

const daysBeforeMonth = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
const dayMs = 86_400_000

/**
 * Milliseconds since the epoch of the RFC 3339 date-time at `[start, end)`, fractions of a millisecond kept as far as a double
 * carries them; NaN when it is none. A leap second (`:60`) counts as the second before it.
 */
export function rfc3339Ms(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length < 20 || length > 40) return NaN
  const year = digits(bytes, start, 4)
  const month = digits(bytes, start + 5, 2)
  const day = digits(bytes, start + 8, 2)
  const hour = digits(bytes, start + 11, 2)
  const minute = digits(bytes, start + 14, 2)
  const second = digits(bytes, start + 17, 2)
  const separator = (bytes[start + 10] as number) | 0x20
  const shaped =
    bytes[start + 4] === 0x2d &&
    bytes[start + 7] === 0x2d &&
    (separator === 0x74 || separator === 0x20) &&
    bytes[start + 13] === 0x3a &&
    bytes[start + 16] === 0x3a
  if (!shaped || !(hour <= 23 && minute <= 59 && second <= 60) || !validDay(year, month, day)) return NaN
  let at = start + 19
  let fraction = 0
  if (bytes[at] === 0x2e) {
    const from = ++at
    for (let scale = 100; at < end && isDigit(bytes[at] as number); at++, scale /= 10)
      fraction += ((bytes[at] as number) - 0x30) * scale
    if (at === from) return NaN
  }
  const offset = offsetMs(bytes, at, end)
  return (
    days(year, month, day) * dayMs + (hour * 60 + minute) * 60_000 + Math.min(second, 59) * 1000 + fraction - offset
  )
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

/** NaN unless all are digits. */
function digits(bytes: Uint8Array, start: number, count: number): number {
  let value = 0
  for (let at = start; at < start + count; at++) {
    if (!isDigit(bytes[at] as number)) return NaN
    value = value * 10 + (bytes[at] as number) - 0x30
  }
  return value
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

function validDay(year: number, month: number, day: number): boolean {
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1)) return false
  const last = month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
  return day <= last
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar. */
function days(year: number, month: number, day: number): number {
  const before = year - 1
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400)
  const ordinal = (daysBeforeMonth[month] as number) + day + (month > 2 && isLeap(year) ? 1 : 0)
  return before * 365 + leapDays + ordinal - 719_163
}

/** `Z`, `+02:00` or `-05:30`, to the end of the text; NaN otherwise. */
function offsetMs(bytes: Uint8Array, at: number, end: number): number {
  const sign = bytes[at]
  if (((sign as number) | 0x20) === 0x7a) return at + 1 === end ? 0 : NaN
  if ((sign !== 0x2b && sign !== 0x2d) || at + 6 !== end || bytes[at + 3] !== 0x3a) return NaN
  const hours = digits(bytes, at + 1, 2)
  const minutes = digits(bytes, at + 4, 2)
  if (!(hours <= 23 && minutes <= 59)) return NaN
  return (sign === 0x2b ? 1 : -1) * (hours * 60 + minutes) * 60_000
}
