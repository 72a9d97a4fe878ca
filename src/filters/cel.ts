// The only file that knows the expression engine: what the language offers, its bounds, and how a fault in an expression
// reads. The engine is loaded on the first expression, because a relay without one should not pay for it.
import { createRequire } from 'node:module'
import type { ASTNode, Environment, ParseResult } from '@marcbachmann/cel-js'
import type { RE2JS } from 're2js'
import { nearest } from '../model/nearest.ts'
import { CANONICAL_KEYS, ROOTS } from './bind.ts'

/** A fault of an expression; `start` and `end` count UTF-16 units of its text. */
export interface CelFault {
  readonly message: string
  readonly hint?: string
  readonly start: number
  readonly end: number
}

export interface CelProgram {
  /** Names of the event's fields that the expression mentions. */
  readonly roots: ReadonlySet<string>
  /** Throws what the engine throws; see `isMissing`. */
  evaluate(bindings: Record<string, unknown>): unknown
}

const limits = { maxAstNodes: 1000, maxDepth: 50, maxListElements: 1000, maxMapEntries: 200, maxCallArguments: 8 }
const maxTextLength = 4096
/** What `matches` is renamed to: the engine's own uses a backtracking regular expression and cannot be replaced. */
const linearMatches = 'linear_matches'

const load = createRequire(import.meta.url)

/** Parses and type-checks an expression: a program, or what is wrong with it (the engine stops at the first fault). */
export function parseCel(text: string): CelProgram | CelFault {
  if (text.length > maxTextLength)
    return { message: `the expression is longer than ${maxTextLength} characters`, start: 0, end: 1 }
  const patterns = new Map<string, RE2JS>()
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

function environment(patterns: ReadonlyMap<string, RE2JS>): Environment {
  const { Environment } = load('@marcbachmann/cel-js') as typeof import('@marcbachmann/cel-js')
  const made = new Environment({ limits })
  for (const [name, type] of Object.entries(ROOTS)) made.registerVariable(name, type)
  const matches = (text: string, pattern: string): boolean => (patterns.get(pattern) as RE2JS).test(text)
  return made.registerFunction(`string.${linearMatches}(string): bool`, matches, { async: false } as never)
}

function parsed(environment: Environment, text: string): ParseResult | CelFault {
  try {
    return environment.parse(text)
  } catch (error) {
    return faultOf(error, text)
  }
}

interface Preparation {
  readonly roots: Set<string>
  readonly patterns: Map<string, RE2JS>
}

/** Collects names, puts the linear `matches` in place of the engine's and refuses what cannot be bounded. Before the check. */
function prepare(node: ASTNode, into: Preparation): CelFault | undefined {
  if (node.op === 'id' && Object.hasOwn(ROOTS, node.args)) into.roots.add(node.args)
  const fault = node.op === 'rcall' ? prepareMethod(node, into) : undefined
  if (fault) return fault
  if (node.op === 'call' && node.args[0] === 'has') seeEmptyAsAbsent(node)
  for (const child of children(node.args)) {
    const inner = prepare(child, into)
    if (inner) return inner
  }
  return undefined
}

function children(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(children)
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : []
}

function prepareMethod(node: ASTNode & { op: 'rcall' }, { patterns }: Preparation): CelFault | undefined {
  const [name, , [argument]] = node.args
  // It would bring plain objects of the sender's making into the expression.
  if (name === 'json') return { message: 'json() is not available in filters', ...rangeOf(node) }
  if (name === linearMatches) return { message: `unknown method "${name}"`, ...rangeOf(node) }
  if (name !== 'matches' || !argument) return undefined
  if (argument.op !== 'value' || typeof argument.args !== 'string')
    return {
      message: 'the pattern of matches() must be written out',
      hint: 'a pattern that comes with the event would be chosen by its sender',
      ...rangeOf(argument),
    }
  node.args[0] = linearMatches
  return compilePattern(argument.args, argument, patterns)
}

function compilePattern(pattern: string, at: ASTNode, patterns: Map<string, RE2JS>): CelFault | undefined {
  const { RE2JS: engine } = load('re2js') as typeof import('re2js')
  try {
    patterns.set(pattern, engine.compile(pattern))
    return undefined
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
    return { message: `the pattern is not a regular expression: ${why}`, hint: 'RE2 syntax: no back-references, no look-around', ...rangeOf(at) }
  }
}

interface HasMacro {
  evaluate(evaluator: { run(node: ASTNode, context: unknown): unknown }, macro: HasMacro, context: unknown): boolean
}

/** Canonical keys that an event lacks read as "", so `has(actor.label)` must mean "is not empty", as it does for proto3 fields. */
function seeEmptyAsAbsent(node: ASTNode & { op: 'call' }): void {
  const [argument] = node.args[1]
  if (argument?.op !== '.') return
  const [owner, key] = argument.args
  if (owner.op !== 'id' || !(CANONICAL_KEYS as Record<string, readonly string[]>)[owner.args]?.includes(key)) return
  const macro = (node as unknown as { meta: { macro: HasMacro } }).meta.macro
  const present = macro.evaluate
  macro.evaluate = (evaluator, self, context) => {
    if (!present(evaluator, self, context)) return false
    const object = evaluator.run(owner, context)
    return !(object instanceof Map) || object.get(key) !== ''
  }
}

function rangeOf(node: { readonly start: number; readonly end: number }): { start: number; end: number } {
  return { start: node.start, end: node.end }
}

function notBool(type: string, text: string): CelFault {
  const range = { start: 0, end: text.length }
  if (type === 'dyn')
    return { message: 'the expression may give something other than true or false', hint: `compare it, for example ${text.trim().slice(0, 60)} == true`, ...range }
  return { message: `the expression gives a value of type ${type}, not true or false`, ...range }
}

interface EngineError {
  readonly code?: string
  readonly summary?: string
  readonly message?: string
  readonly range?: { readonly start: number; readonly end: number }
}

function faultOf(thrown: unknown, text: string): CelFault {
  const error = thrown as EngineError
  const start = Math.min(error.range?.start ?? 0, text.length)
  const end = Math.max(start + 1, Math.min(error.range?.end ?? text.length, text.length))
  const summary = error.summary ?? error.message ?? 'not a valid expression'
  if (error.code === 'unknown_variable') return unknownName(text.slice(start, end), { start, end })
  if (error.code === 'no_matching_overload') return unknownFunction(summary, { start, end })
  if (error.code === 'limit_exceeded') return { message: `the expression is too large or too deep: ${summary}`, start, end }
  return { message: summary.charAt(0).toLowerCase() + summary.slice(1), start, end }
}

const functionNames = [
  ...['startsWith', 'endsWith', 'contains', 'matches', 'size', 'lowerAscii', 'upperAscii', 'trim', 'split', 'join', 'indexOf'],
  ...['substring', 'exists', 'exists_one', 'all', 'map', 'filter', 'has', 'timestamp', 'duration', 'int', 'double', 'string'],
  ...['getHours', 'getMinutes', 'getDayOfWeek', 'getDayOfMonth', 'getMonth', 'getFullYear', 'getDayOfYear', 'getSeconds', 'getDate'],
]

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
