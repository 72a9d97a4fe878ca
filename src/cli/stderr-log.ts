// The log of a running relay on an output: human lines on a terminal, JSON otherwise, unless the operator chose.
import { createLog, type Log, type LogOptions } from '../telemetry/log.ts'
import { paintFor, type Paint } from './paint.ts'
import type { Output } from './world.ts'

export type LogFormat = 'auto' | 'human' | 'json'

export interface OutputLogOptions extends Pick<LogOptions, 'level' | 'clock' | 'secrets'> {
  readonly format: LogFormat
}

/** A log that writes to `output` (stderr: stdout belongs to the `stdout` destination). Call `tick` about once a second. */
export function createOutputLog(output: Output, options: OutputLogOptions): Log {
  const { format, ...rest } = options
  const human = format === 'human' || (format === 'auto' && output.columns !== undefined)
  return createLog({
    ...rest,
    format: human ? 'human' : 'json',
    write: (line) => output.write(line),
    paint: partPaint(paintFor(output)),
  })
}

function partPaint(paint: Paint): NonNullable<LogOptions['paint']> {
  const colours = { time: paint.faint, debug: paint.faint, info: paint.good, warning: paint.warning, error: paint.bad }
  return (part, text) => colours[part](text)
}
