// Where a fault is told: at what the operator wrote, or at the first key on the way that is missing, not inside a preset.
import type { z } from 'zod'

/** Tells one fault. A message that begins with `expected` reads well where the key is missing, too. */
export type Tell = (path: readonly string[], message: string) => void

export function teller(written: unknown, context: z.RefinementCtx): Tell {
  return (path, message) => context.addIssue({ code: 'custom', path: placeOf(written, path), message })
}

function placeOf(written: unknown, path: readonly string[]): string[] {
  let value = written
  for (const [index, name] of path.entries()) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return path.slice(0, index + 1)
    value = (value as Record<string, unknown>)[name]
  }
  return [...path]
}
