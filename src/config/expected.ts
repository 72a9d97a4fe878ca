// The words of a complaint: what a schema expected, what was found in the file, and what to write instead.
import type { z } from 'zod'
import { withoutAddressSecrets } from './secret-names.ts'

/** Given to the schemas as their message, so that messages of their own can be told from the library's. */
export const noMessage = '\0'

export type Issue = z.core.$ZodIssue

/** A schema may end its sentence with what to write: `expected a duration such as 30s; write 30s`. */
export function beforeHint(message: string): string {
  return message.split('; ')[0] as string
}

export function afterHint(message: string): string {
  const at = message.indexOf('; ')
  return at < 0 ? '' : message.slice(at)
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

/** What a complaint expected, without `expected`. */
export function expectation(issue: Issue): string {
  if (issue.message !== noMessage && issue.message.startsWith('expected '))
    return beforeHint(issue.message).slice('expected '.length)
  switch (issue.code) {
    case 'invalid_type':
      return expectedTypes[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length === 1
        ? `"${String(issue.values[0])}"`
        : `one of ${issue.values.map(String).join(', ')}`
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
  if (origin === 'string')
    return words === 'at least' && limit === 1 ? 'a text that is not empty' : `${words} ${limit} characters`
  if (origin === 'array' || origin === 'set') return `${words} ${limit} ${limit === 1 ? 'entry' : 'entries'}`
  return `a number of ${words} ${limit}`
}

/** What to write instead, where the slip is plain. */
export function rewrite(expected: string, value: unknown): string | undefined {
  const scalar = typeof value === 'number' || typeof value === 'boolean'
  if (expected === 'string' && scalar) return `put it in quotes: "${value}"`
  if (expected === 'boolean' && typeof value === 'string') {
    if (/^(yes|on|true|y)$/i.test(value)) return 'write true'
    if (/^(no|off|false|n)$/i.test(value)) return 'write false'
  }
  if ((expected === 'number' || expected === 'int') && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value))
    return `write ${value} without quotes`
  if (expected === 'array' && typeof value === 'string') return `write [${value.slice(0, 60)}]`
  return undefined
}

/** A value in words; text is quoted, shortened, and left out when it is a secret. */
export function described(value: unknown, secret = false): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  if (secret) return typeof value === 'string' ? 'another text' : `a ${typeof value}`
  if (typeof value !== 'string') return typeof value === 'number' ? `the number ${value}` : JSON.stringify(value)
  const shown = withoutAddressSecrets(value, () => '***')
  const short = shown.length > 60 ? `${shown.slice(0, 57)}...` : shown
  return short.includes('"') ? `'${short}'` : `"${short}"`
}
