// How a schema's complaint reads to the person who wrote the file: what was expected, what was found, what to write instead.
import { nearest } from '../model/nearest.ts'
import { afterHint, beforeHint, described, expectation, type Issue, noMessage, rewrite } from './expected.ts'
import { namesSecret } from './secret-names.ts'

export interface Wording {
  /** From the value that was checked. */
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly hint?: string
  readonly of: 'key' | 'value'
  /** The value has the wrong type, whatever it says. */
  readonly wrongType: boolean
}

/** One wording for each complaint, unions reduced to the branch that was most likely meant. `input` is what was checked. */
export function wordings(issues: readonly Issue[], input: unknown): Wording[] {
  return issues.flatMap((issue) => wordingsOf(issue, input))
}

function wordingsOf(issue: Issue, input: unknown): Wording[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown key "${key}"`,
      of: 'key',
      wrongType: false,
    }))
  if (issue.code === 'invalid_union') return unionWordings(issue, input)
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element') {
    const inner = issue.issues[0]
    const message = inner && inner.message !== noMessage ? inner.message : 'this is not a name that can stand here'
    return [{ path, message, of: issue.code === 'invalid_key' ? 'key' : 'value', wrongType: false }]
  }
  const value = valueAt(input, path)
  const wrongType = issue.code === 'invalid_type' || (issue.code === 'invalid_value' && typeof value !== 'string')
  if (value === undefined && path.length > 0) return [missing(issue)]
  const said = issue.message !== noMessage && issue.message !== '' ? { message: issue.message } : worded(issue, value)
  return [{ path, of: 'value', wrongType, ...withFound(said, issue, value) }]
}

/** Whether what stands at `path` is a secret, going by the names on the way to it. */
function isSecret(path: readonly PropertyKey[]): boolean {
  return path.some((step) => typeof step === 'string' && namesSecret(step))
}

function missing(issue: Issue): Wording {
  const name = String(issue.path.at(-1))
  return {
    path: issue.path,
    message: `"${name}" is missing`,
    of: 'key',
    wrongType: true,
    hint: `it is ${expectation(issue)}`,
  }
}

function unionWordings(issue: Issue & { code: 'invalid_union' }, input: unknown): Wording[] {
  const value = valueAt(input, issue.path)
  if (value === undefined) return [missing(issue)]
  const fitting = issue.errors.filter(
    (branch) => !branch.some((inner) => inner.path.length === 0 && isTypeIssue(inner, value)),
  )
  const best = fitting[0]
  if (best && fitting.length === 1)
    return wordings(
      best.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
      input,
    )
  const choices = [...new Set(issue.errors.flatMap((branch) => branch.slice(0, 1).map((inner) => expectation(inner))))]
  const message = issue.message === noMessage ? `expected ${choices.join(' or ')}` : issue.message
  return [{ path: issue.path, of: 'value', wrongType: fitting.length === 0, ...withFound({ message }, issue, value) }]
}

function isTypeIssue(issue: Issue, value: unknown): boolean {
  return issue.code === 'invalid_type' || (issue.code === 'invalid_value' && typeof issue.values[0] !== typeof value)
}

interface Said {
  readonly message: string
  readonly hint?: string
}

/** Adds what was found, unless it is a secret or the sentence says it already. */
function withFound(said: Said, issue: Issue, value: unknown): Said {
  const secret = isSecret(issue.path)
  const expects = said.message.startsWith('expected ')
  const message = expects
    ? `${beforeHint(said.message)}, found ${described(value, secret)}${afterHint(said.message)}`
    : said.message
  return { ...said, message }
}

function worded(issue: Issue, value: unknown): Said {
  const message = `expected ${expectation(issue)}`
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const guess = isSecret(issue.path) ? undefined : nearest(value, issue.values.map(String))
    return guess === undefined ? { message } : { message, hint: `did you mean "${guess}"?` }
  }
  const hint = issue.code === 'invalid_type' && !isSecret(issue.path) ? rewrite(issue.expected, value) : undefined
  return hint === undefined ? { message } : { message, hint }
}

/** The value at `path` inside `input`. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<PropertyKey, unknown>)[step]
  }
  return value
}
