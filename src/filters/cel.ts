// The expression engine behind its guards: what the language offers and how large an expression may be. Only the cel files
// know the engine. It is loaded on the first expression, because a relay without one should not pay for it.
import { createRequire } from 'node:module'
import type { Environment, ParseResult } from '@marcbachmann/cel-js'
import { ROOTS } from './bind.ts'
import type { CelFault } from './cel-fault.ts'
import { faultOf, notBool } from './cel-faults.ts'
import { linearMatches, type Patterns, prepare } from './cel-prepare.ts'

export interface CelProgram {
  /** Names of the event's fields that the expression mentions. */
  readonly roots: ReadonlySet<string>
  /** Throws what the engine throws; see `isMissing`. */
  evaluate(bindings: Record<string, unknown>): unknown
}

const limits = { maxAstNodes: 1000, maxDepth: 50, maxListElements: 1000, maxMapEntries: 200, maxCallArguments: 8 }
const maxTextLength = 4096

const load = createRequire(import.meta.url)

/** Parses and type-checks an expression: a program, or what is wrong with it (the engine stops at the first fault). */
export function parseCel(text: string): CelProgram | CelFault {
  if (text.length > maxTextLength)
    return { message: `the expression is longer than ${maxTextLength} characters`, start: 0, end: 1 }
  const patterns: Patterns = new Map()
  const program = parsed(environment(patterns), text)
  if ('message' in program) return program
  const roots = new Set<string>()
  const fault = prepare(program.ast, { roots, patterns })
  if (fault) return fault
  const check = program.check()
  if (!check.valid) return faultOf(check.error, text)
  if (check.type !== 'bool') return notBool(check.type ?? 'dyn', text)
  return { roots, evaluate: program }
}

/** Whether an evaluation failed only because something that it names is not in the event. */
export function isMissing(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return code === 'no_such_key' || code === 'index_out_of_bounds'
}

function environment(patterns: Patterns): Environment {
  const { Environment } = load('@marcbachmann/cel-js') as typeof import('@marcbachmann/cel-js')
  const made = new Environment({ limits })
  for (const [name, type] of Object.entries(ROOTS)) made.registerVariable(name, type)
  const matches = (text: string, pattern: string): boolean => patterns.get(pattern)?.test(text) === true
  return made.registerFunction(`string.${linearMatches}(string): bool`, matches, { async: false } as never)
}

function parsed(environment: Environment, text: string): ParseResult | CelFault {
  try {
    return environment.parse(text)
  } catch (error) {
    return faultOf(error, text)
  }
}
