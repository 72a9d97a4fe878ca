// Loads one kind by its name, for a thread that needs no other: each costs some megabytes. Its folder has the name of the kind.
import { extname } from 'node:path'
import type { SourceKind } from './source.ts'

/** Rejects when there is no such kind; what a configuration names has been looked for in the registry. */
export async function loadKind(type: string): Promise<SourceKind> {
  const module = (await import(`./${type}/index${extname(import.meta.url)}`)) as Readonly<Record<string, SourceKind>>
  const kind = Object.values(module).find((one) => one.type === type)
  if (!kind) throw new Error(`no source kind ${type}`)
  return kind
}
