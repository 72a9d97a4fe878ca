// How a fault in an expression reads: in the words of a filter, with its place inside the text.
import type { CelFault } from './cel-fault.ts'
import { nearest } from '../model/nearest.ts'
import { ROOTS } from './bind.ts'
import { linearMatches } from './cel-prepare.ts'

/** Of an expression whose result has the type `type`. */
export function notBool(type: string, text: string): CelFault {
  const range = { start: 0, end: text.length }
  if (type === 'dyn')
    return {
      message: 'the expression may give something other than true or false',
      hint: `compare it, for example ${text.trim().slice(0, 60)} == true`,
      ...range,
    }
  return { message: `the expression gives a value of type ${type}, not true or false`, ...range }
}

interface EngineError {
  readonly code?: string
  readonly summary?: string
  readonly message?: string
  readonly range?: { readonly start: number; readonly end: number }
}

/** Of what the engine threw. */
export function faultOf(thrown: unknown, text: string): CelFault {
  const error = thrown as EngineError
  const start = Math.min(error.range?.start ?? 0, text.length)
  const end = Math.max(start + 1, Math.min(error.range?.end ?? text.length, text.length))
  const summary = error.summary ?? error.message ?? 'not a valid expression'
  if (error.code === 'unknown_variable') return unknownName(text.slice(start, end), { start, end })
  if (error.code === 'no_matching_overload') return unknownFunction(summary, { start, end })
  if (summary === 'Unexpected token: EOF') return { message: 'the expression ends too early', start, end }
  if (error.code === 'limit_exceeded')
    return { message: `the expression is too large or too deep: ${summary}`, start, end }
  return { message: summary.charAt(0).toLowerCase() + summary.slice(1), start, end }
}

const functionNames = (
  'startsWith endsWith contains matches size lowerAscii upperAscii trim split join indexOf lastIndexOf substring exists ' +
  'exists_one all map filter has timestamp duration int uint double string bool type getHours getMinutes getSeconds ' +
  'getMilliseconds getDate getDayOfWeek getDayOfMonth getDayOfYear getMonth getFullYear'
).split(' ')

function unknownFunction(summary: string, range: { start: number; end: number }): CelFault {
  const signature = /'(.+)'/.exec(summary)?.[1]?.replace(linearMatches, 'matches') ?? summary
  const name = /([A-Za-z_]\w*)\(/.exec(signature)?.[1] ?? ''
  if (functionNames.includes(name)) return { message: `${name}() does not take these types: ${signature}`, ...range }
  const guess = nearest(name, functionNames)
  return { message: `unknown function ${name}()`, ...(guess && { hint: `did you mean "${guess}"?` }), ...range }
}

function unknownName(name: string, range: { start: number; end: number }): CelFault {
  const guess = nearest(name, Object.keys(ROOTS))
  const hint = guess ? `did you mean "${guess}"?` : `an event has ${Object.keys(ROOTS).join(', ')}`
  return { message: `unknown name "${name}"`, hint, ...range }
}
