// References in text: ${NAME} is an environment variable, ${file:PATH} a file's content, $${ stands for ${ itself. They are
// resolved after parsing and only inside text, so that no value of theirs can ever become configuration.
import { resolve } from 'node:path'
import { SetupError } from '../model/errors.ts'
import { type ReadFile, readText } from './read-text.ts'

interface Reference {
  readonly kind: 'env' | 'file'
  /** The variable's name, or the path as it is written. */
  readonly name: string
}

/** Literal stretches and references, in order; or where the text has a reference that is none. */
export type Template = { readonly parts: readonly (string | Reference)[] } | { readonly faultAt: number }

/** Where references lead. */
export interface ReferenceWorld {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly folder: string
  readonly readFile: ReadFile
}

const maxSecretBytes = 64 * 1024
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/

export function parseTemplate(text: string): Template {
  const parts: (string | Reference)[] = []
  let literal = ''
  let at = 0
  for (let open = text.indexOf('${'); open >= 0; open = text.indexOf('${', at)) {
    if (text[open - 1] === '$' && open > at) {
      literal += `${text.slice(at, open - 1)}\${`
      at = open + 2
      continue
    }
    const close = text.indexOf('}', open)
    const reference = close < 0 ? undefined : referenceOf(text.slice(open + 2, close))
    if (!reference) return { faultAt: open }
    parts.push(literal + text.slice(at, open), reference)
    literal = ''
    at = close + 1
  }
  parts.push(literal + text.slice(at))
  return { parts: parts.filter((part) => part !== '') }
}

function referenceOf(inside: string): Reference | undefined {
  if (inside.startsWith('file:')) {
    const name = inside.slice(5).trim()
    return name === '' ? undefined : { kind: 'file', name }
  }
  return variableName.test(inside) ? { kind: 'env', name: inside } : undefined
}

/** Whether `text` holds a reference. */
export function hasReference(text: string): boolean {
  const template = parseTemplate(text)
  return 'parts' in template && template.parts.some((part) => typeof part !== 'string')
}

/** Every text inside `value` with its path. */
export function* textsIn(
  value: unknown,
  path: readonly PropertyKey[] = [],
): Generator<{ path: readonly PropertyKey[]; text: string }> {
  if (typeof value === 'string') yield { path, text: value }
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) yield* textsIn(item, [...path, key])
}

/** `value` with every text resolved. What references gave is added to `secrets`. Throws `SetupError`. */
export function resolveAll(value: unknown, world: ReferenceWorld, secrets: Set<string>): unknown {
  if (typeof value === 'string') return resolveText(value, world, secrets)
  if (Array.isArray(value)) return value.map((item) => resolveAll(item, world, secrets))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveAll(item, world, secrets)]))
}

/** The text with its references resolved. Throws `SetupError`, which names the reference and never its value. */
export function resolveText(text: string, world: ReferenceWorld, secrets: Set<string>): string {
  const template = parseTemplate(text)
  if (!('parts' in template)) throw new SetupError('a text holds ${ but no reference')
  return template.parts
    .map((part) => {
      if (typeof part === 'string') return part
      const value = part.kind === 'env' ? fromEnvironment(part.name, world) : fromFile(part.name, world)
      secrets.add(value)
      return value
    })
    .join('')
}

function fromEnvironment(name: string, { env }: ReferenceWorld): string {
  const value = Object.hasOwn(env, name) ? env[name] : undefined
  if (value === undefined)
    throw new SetupError(
      `the environment variable ${name} is not set; set it and restart (the environment is read only at the start)`,
    )
  return value
}

function fromFile(path: string, { folder, readFile }: ReferenceWorld): string {
  const result = readText(resolve(folder, path), maxSecretBytes, readFile)
  if ('problem' in result) throw new SetupError(`\${file:${path}}: ${result.problem}`)
  return result.text.replace(/\r?\n$/, '')
}
