// Numbers as people read them: durations, sizes, counts. Fixed wording, independent of the machine's language.
export { counted, countText } from '../model/counted.ts'

/** `850ms`, `4s`, `9m 5s`, `12m`, `3h 5m`, `2d 4h`: at most two units, rounded down, never negative. */
export function durationText(ms: number): string {
  const whole = Math.max(0, Math.floor(ms))
  if (whole < 1000) return `${whole}ms`
  const seconds = Math.floor(whole / 1000)
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return `${minutes}m${rest(seconds % 60, 's')}`
  if (minutes < 60) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours}h${rest(minutes % 60, 'm')}`
  return `${Math.floor(hours / 24)}d${rest(hours % 24, 'h')}`
}

/** The same in whole seconds at least: `0s`, `4s`, `9m 5s`. */
export function secondsText(ms: number): string {
  return ms < 1000 ? '0s' : durationText(ms)
}

function rest(value: number, unit: string): string {
  return value === 0 ? '' : ` ${value}${unit}`
}

/** `512 B`, `1.5 MiB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1).replace('.0', '')} ${units[unit]}`
}
