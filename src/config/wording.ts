// How a schema's complaint reads to the person who wrote the file: what was expected, what was found, what to write instead.
import type { z } from 'zod'
import { nearest } from '../model/nearest.ts'
import { namesSecret, withoutAddressSecrets } from './secret-names.ts'

/** Given to the schemas as their message, so that messages of their own can be told from the library's. */
export const noMessage = '\0'

export type Issue = z.core.$ZodIssue

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
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key "${key}"`, of: 'key', wrongType: false }))
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

function missing(issue: Issue): Wording {
  const name = String(issue.path.at(-1))
  return { path: issue.path, message: `"${name}" is missing`, of: 'key', wrongType: true, hint: `it is ${expectation(issue)}` }
}

function unionWordings(issue: Issue & { code: 'invalid_union' }, input: unknown): Wording[] {
  const value = valueAt(input, issue.path)
  if (value === undefined) return [missing(issue)]
  const fitting = issue.errors.filter((branch) => !branch.some((inner) => inner.path.length === 0 && isTypeIssue(inner, value)))
  const best = fitting[0]
  if (best && fitting.length === 1) return wordings(best.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }) as Issue), input)
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
  const key = [...issue.path].reverse().find((step) => typeof step === 'string')
  const secret = typeof key === 'string' && namesSecret(key)
  const expects = said.message.startsWith('expected ')
  const message = expects ? `${beforeHint(said.message)}, found ${described(value, secret)}${afterHint(said.message)}` : said.message
  return { ...said, message }
}

/** A schema may end its sentence with what to write: `expected a duration such as 30s; write 30s`. */
function beforeHint(message: string): string {
  return message.split('; ')[0] as string
}

function afterHint(message: string): string {
  const at = message.indexOf('; ')
  return at < 0 ? '' : message.slice(at)
}

function worded(issue: Issue, value: unknown): Said {
  const message = `expected ${expectation(issue)}`
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const guess = nearest(value, issue.values.map(String))
    return guess === undefined ? { message } : { message, hint: `did you mean "${guess}"?` }
  }
  const hint = issue.code === 'invalid_type' ? rewrite(issue.expected, value) : undefined
  return hint === undefined ? { message } : { message, hint }
}

const expectedTypes: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
}

function expectation(issue: Issue): string {
  if (issue.message !== noMessage && issue.message.startsWith('expected ')) return beforeHint(issue.message).slice('expected '.length)
  switch (issue.code) {
    case 'invalid_type':
      return expectedTypes[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length === 1 ? `"${String(issue.values[0])}"` : `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', Number(issue.minimum))
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', Number(issue.maximum))
    case 'invalid_format':
      return `a valid ${issue.format}`
    case 'invalid_union':
      return [...new Set(issue.errors.flatMap((branch) => branch.slice(0, 1).map(expectation)))].join(' or ')
    default:
      return 'another value'
  }
}

function bound(origin: string, words: string, limit: number): string {
  if (origin === 'string') return words === 'at least' && limit === 1 ? 'a text that is not empty' : `${words} ${limit} characters`
  if (origin === 'array' || origin === 'set') return `${words} ${limit} ${limit === 1 ? 'entry' : 'entries'}`
  return `a number of ${words} ${limit}`
}

/** What to write instead, where the slip is plain. */
function rewrite(expected: string, value: unknown): string | undefined {
  const scalar = typeof value === 'number' || typeof value === 'boolean'
  if (expected === 'string' && scalar) return `put it in quotes: "${value}"`
  if (expected === 'boolean' && typeof value === 'string') {
    if (/^(yes|on|true|y)$/i.test(value)) return 'write true'
    if (/^(no|off|false|n)$/i.test(value)) return 'write false'
  }
  if ((expected === 'number' || expected === 'int') && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) return `write ${value} without quotes`
  if (expected === 'array' && typeof value === 'string') return `write [${value.slice(0, 60)}]`
  return undefined
}

/** A value in words; text is quoted, shortened, and left out when it is a secret. */
export function described(value: unknown, secret = false): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  if (secret) return typeof value === 'string' ? 'another text' : `a ${typeof value}`
  if (typeof value !== 'string') return typeof value === 'number' ? `the number ${value}` : String(value)
  const shown = withoutAddressSecrets(value, () => '***')
  return `"${shown.length > 60 ? `${shown.slice(0, 57)}...` : shown}"`
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
