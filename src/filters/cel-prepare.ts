// Changes a parsed expression before it is checked: a linear `matches`, a `has` that fits the canonical event, and nothing
// that could not be bounded.
import { createRequire } from 'node:module'
import type { ASTNode } from '@marcbachmann/cel-js'
import type { RE2JS } from 're2js'
import { CANONICAL_KEYS, ROOTS } from './bind.ts'
import type { CelFault } from './cel-fault.ts'

const load = createRequire(import.meta.url)

/** What `matches` is renamed to: the engine's own uses a backtracking regular expression and cannot be replaced. */
export const linearMatches = 'linear_matches'

/** Compiled patterns by their text. */
export type Patterns = Map<string, RE2JS>

export interface Preparation {
  readonly roots: Set<string>
  readonly patterns: Patterns
}

/** Collects names, puts the linear `matches` in place of the engine's and refuses what cannot be bounded. Before the check. */
export function prepare(node: ASTNode, into: Preparation): CelFault | undefined {
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

function compilePattern(pattern: string, at: ASTNode, patterns: Patterns): CelFault | undefined {
  const { RE2JS: engine } = load('re2js') as typeof import('re2js')
  try {
    patterns.set(pattern, engine.compile(pattern))
    return undefined
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
    return {
      message: `the pattern is not a regular expression: ${why}`,
      hint: 'RE2 syntax: no back-references, no look-around',
      ...rangeOf(at),
    }
  }
}

interface HasMacro {
  evaluate: (evaluator: { run(node: ASTNode, context: unknown): unknown }, macro: HasMacro, context: unknown) => boolean
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
