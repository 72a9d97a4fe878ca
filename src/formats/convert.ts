// What a value must look like to stand in a field of a schema. All work on JSON text, and give JSON text or undefined.
import { isIP } from 'node:net'
import type { EventView, Path } from './view.ts'

const email = /^"[^@\s"\\]+@[^@\s"\\]+\.[A-Za-z]{2,}"$/

/** A text that is not empty, as it is written; a number as text, digit for digit. */
export function text(json: string): string | undefined {
  if (json.startsWith('"')) return json === '""' ? undefined : json
  return /^[-0-9]/.test(json) ? `"${json}"` : undefined
}

/** An address that a receiver's type for addresses takes. */
export function ip(json: string): string | undefined {
  const inner = json.slice(1, -1)
  return json.startsWith('"') && isIP(inner) !== 0 && !inner.includes('%') ? json : undefined
}

export function emailAddress(json: string): string | undefined {
  return email.test(json) ? json : undefined
}

/** One word for each of these; undefined for any other. */
export function words(table: Readonly<Record<string, string>>, other?: string): (json: string) => string | undefined {
  const known = new Map(Object.entries(table).map(([word, said]) => [`"${word}"`, said]))
  return (json) => known.get(json) ?? (text(json) === undefined ? undefined : other)
}

/** Whether one of these is there as text. */
export function hasText(view: EventView, ...paths: readonly Path[]): boolean {
  return paths.some((path) => {
    const json = view.json(path)
    return json !== undefined && text(json) !== undefined
  })
}

/** Whether a text is one of these words. */
export function says(view: EventView, path: Path, words: ReadonlySet<string>): boolean {
  const json = view.json(path)
  return json !== undefined && words.has(json.slice(1, -1).toLowerCase())
}

/** Target kinds that are somebody's account. */
export const PERSONS: ReadonlySet<string> = new Set([
  'user',
  'account',
  'member',
  'admin',
  'person',
  'human',
  'service_account',
  'machine_user',
])
export const GROUPS: ReadonlySet<string> = new Set(['group', 'team'])
export const SESSIONS: ReadonlySet<string> = new Set(['session'])

// No leap second, no lower-case letters, no offset that is beyond the ones in use: what every receiver's parser takes.
const plainTime = /^"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d{1,9})?(Z|\+(0\d|1[0-4]):[0-5]\d|-(0[1-9]|1[0-2]):[0-5]\d)"$/

/** The time of the event as RFC 3339: as it is written, where every receiver understands that, else made anew. */
export function time(json: string | undefined, timeMs: number): string {
  return json !== undefined && plainTime.test(json) ? json : `"${new Date(Math.floor(timeMs)).toISOString()}"`
}
