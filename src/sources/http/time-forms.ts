// Times as an API wants them in a request: its precision and its idea of a bound. Rounded down at the start and up at the end, so that
// windows that meet in ours never leave a gap in its.

/** How a time can be written. */
export const TIME_FORMS = [
  'rfc3339',
  'rfc3339_ms',
  'rfc3339_us',
  'epoch_s',
  'epoch_ms',
  'epoch_us',
  'epoch_ns',
  'date',
  'minute',
] as const
export type TimeForm = (typeof TIME_FORMS)[number]

/** Whether the API gives what lies exactly on the start and on the end that it is given. */
export type Bounds = 'half_open' | 'inclusive' | 'exclusive'

/** The smallest step of each form, nanoseconds. */
const STEP_NS: Readonly<Record<TimeForm, bigint>> = {
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

const NS_PER_MS = 1_000_000n

/** A time to write: a number for the epoch forms that a number can carry exactly, text for the others. */
export type WrittenTime = string | number

/** The start of a window. Where the API leaves out what lies on it, one step is gone back. */
export function writeStart(ms: number, form: TimeForm, bounds: Bounds): WrittenTime {
  const step = STEP_NS[form]
  const ns = floorTo(BigInt(Math.floor(ms)) * NS_PER_MS, step)
  return write(bounds === 'exclusive' ? ns - step : ns, form)
}

/** The end of a window, which itself is not asked for: no API leaves out what lies before it. */
export function writeEnd(ms: number, form: TimeForm): WrittenTime {
  const step = STEP_NS[form]
  return write(-floorTo(-BigInt(Math.ceil(ms)) * NS_PER_MS, step), form)
}

function floorTo(ns: bigint, step: bigint): bigint {
  const rest = ns % step
  return rest < 0n ? ns - rest - step : ns - rest
}

function write(ns: bigint, form: TimeForm): WrittenTime {
  if (form === 'epoch_ns') return String(ns)
  if (form.startsWith('epoch_')) return Number(ns / STEP_NS[form])
  const text = new Date(Number(floorTo(ns, NS_PER_MS) / NS_PER_MS)).toISOString()
  if (form === 'date') return text.slice(0, 10)
  if (form === 'minute') return text.slice(0, 16)
  if (form === 'rfc3339') return `${text.slice(0, 19)}Z`
  if (form === 'rfc3339_ms') return text
  const micros = (ns - floorTo(ns, NS_PER_MS)) / 1000n
  return `${text.slice(0, 23)}${String(micros).padStart(3, '0')}Z`
}
