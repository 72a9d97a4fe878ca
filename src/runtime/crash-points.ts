// The named moments at which the crash tests kill the process. In production a call costs one comparison; which point is
// armed is decided once, at start, by the entry of a process or of a worker thread.

export const CRASH_POINTS = [
  'page-read',
  'before-commit',
  'after-commit',
  'before-send',
  'response-read',
  'before-settle',
  'after-settle',
  'before-prune',
  'after-prune',
  'before-own-events',
  'after-own-events',
  'before-marker',
  'migration',
] as const
export type CrashPoint = (typeof CRASH_POINTS)[number]

/** The variable that arms a point: `name`, or `name:nth` for the nth passage. The entries of the process read it. */
export const CRASH_VARIABLE = 'AUDIT_RELAY_TEST_CRASH'

// The one mutable state of a module here: handing an object down to every room for the sake of a test would cost more.
let passed: ((point: CrashPoint) => void) | undefined

/** Says that execution has come to `point`; returns unless the point is armed and this is the passage it waits for. */
export function crashPoint(point: CrashPoint): void {
  passed?.(point)
}

/** Arms what `setting` names and disarms everything else; undefined or empty arms nothing. Throws on a name that is none. */
export function armCrashPoint(setting: string | undefined, die: () => void = killSelf): void {
  passed = undefined
  if (setting === undefined || setting === '') return
  const [name, nth = '1'] = setting.split(':')
  if (!CRASH_POINTS.some((point) => point === name) || !/^[1-9]\d*$/.test(nth))
    throw new Error(`${CRASH_VARIABLE}: "${setting}" is none of ${CRASH_POINTS.join(', ')} (or NAME:NTH)`)
  let left = Number(nth)
  passed = (point) => {
    if (point === name && --left === 0) die()
  }
}

/** No handler runs and nothing is flushed, in whichever thread this happens. */
function killSelf(): void {
  process.kill(process.pid, 'SIGKILL')
}
