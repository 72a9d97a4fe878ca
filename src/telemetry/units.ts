// Numbers as people read them: durations, sizes, counts. Fixed wording, independent of the machine's language.

/** `850ms`, `4s`, `12m`, `3h 5m`, `2d 4h`: at most two units, rounded down, never negative. */
export function durationText(ms: number): string {
  const whole = Math.max(0, Math.floor(ms))
  if (whole < 1000) return `${whole}ms`
  const seconds = Math.floor(whole / 1000)
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return pair(minutes, 'm', seconds % 60, 's', minutes < 10)
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return pair(hours, 'h', minutes % 60, 'm', true)
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h', true)
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string, both: boolean): string {
  return both && small > 0 ? `${large}${largeUnit} ${small}${smallUnit}` : `${large}${largeUnit}`
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

/** `1,234,567`. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 event`, `2 events`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${countText(count)} ${count === 1 ? noun : plural}`
}
