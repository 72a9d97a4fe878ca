// The fields of the Elastic Common Schema as Elastic publishes them: read from its package of types, which is generated from the schema.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'

const folder = join(dirname(createRequire(import.meta.url).resolve('@elastic/ecs/package.json')), 'generated')

/** Every field by its dotted name, with its type in TypeScript. */
export function ecsFields(): ReadonlyMap<string, string> {
  const sets = new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith('.ts') && name !== 'index.ts')
      .map((name) => [name.slice(0, -'.ts'.length), readFileSync(join(folder, name), 'utf8')]),
  )
  const fields = new Map<string, string>()
  for (const [name, text] of sets) {
    const found = membersOf(text)
    // A set's interface either names itself on the outside or holds its fields straight away.
    const own = name === 'base' ? '' : `${name}.`
    for (const [path, type] of found) fields.set(path.startsWith(own) ? path : `${own}${path}`, type)
  }
  return fields
}

function membersOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  const open: string[] = []
  const code = text.slice(text.indexOf('export interface')).replace(/\/\*[^]*?\*\//g, '')
  for (const line of code.split('\n').slice(1)) {
    const [, name, type] = /^\s*'?([@\w.]+)'?\??:\s*(.*)$/.exec(line) ?? []
    if (name !== undefined && type === '{') open.push(name)
    else if (name !== undefined) fields.set([...open, name].join('.'), (type as string).replace(/;$/, ''))
    else if (/^\s*}/.test(line)) open.pop()
  }
  return fields
}

/** Which types go with a category, where the schema says so (Elastic Common Schema, "ECS Categorization Field: event.category"). */
export const ALLOWED_TYPES: Readonly<Record<string, readonly string[]>> = {
  authentication: ['start', 'end', 'info'],
  configuration: ['access', 'change', 'creation', 'deletion', 'info'],
  iam: ['admin', 'change', 'creation', 'deletion', 'group', 'info', 'user'],
  session: ['start', 'end', 'info'],
}
