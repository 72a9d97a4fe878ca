// Path patterns: `*` and `?` within a name, `**` for any folders. Own code: it only needs these three, must not backtrack
// without bound on names that others choose, and must list folders as a stream.
import { isAbsolute, join, sep } from 'node:path'

/** One step of a path below the base folder. */
export type Segment = { readonly kind: 'any_folders' } | { readonly kind: 'name'; readonly pattern: string }

/** `base` holds no wildcard; the segments are matched below it. */
export interface Glob {
  readonly base: string
  readonly segments: readonly Segment[]
}

export function isGlob(path: string): boolean {
  return path.includes('*') || path.includes('?')
}

/** Takes an absolute pattern apart. */
export function parseGlob(pattern: string): Glob {
  const names = pattern.split('/').filter((name) => name !== '' && name !== '.')
  const first = names.findIndex(isGlob)
  const base = join(isAbsolute(pattern) ? sep : '.', ...names.slice(0, first))
  const segments = names.slice(first).map(segmentOf)
  return { base, segments: segments.filter((segment, index) => !repeats(segments, index, segment)) }
}

function segmentOf(name: string): Segment {
  return name === '**' ? { kind: 'any_folders' } : { kind: 'name', pattern: name }
}

function repeats(segments: readonly Segment[], index: number, segment: Segment): boolean {
  return segment.kind === 'any_folders' && segments[index - 1]?.kind === 'any_folders'
}

/** The steps that may follow at a folder: a `**` may also stand for no folder at all. */
export function openSteps(segments: readonly Segment[], steps: readonly number[]): number[] {
  const open = new Set<number>()
  for (const step of steps) {
    open.add(step)
    if (segments[step]?.kind === 'any_folders') open.add(step + 1)
  }
  return [...open]
}

/** The steps reached by going into `name`; a step equal to `segments.length` means that the whole pattern is matched. */
export function stepsInto(segments: readonly Segment[], steps: readonly number[], name: string): number[] {
  const reached = new Set<number>()
  for (const step of steps) {
    const segment = segments[step]
    if (segment?.kind === 'any_folders' && !name.startsWith('.')) reached.add(step)
    if (segment?.kind === 'name' && matches(segment.pattern, name)) reached.add(step + 1)
  }
  return [...reached]
}

/**
 * Whether a name fits `*` and `?`. Only the last star is ever tried again, so the work is bounded by the product of the lengths.
 * As in a shell, a leading dot must be written in the pattern.
 */
export function matches(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false
  let at = 0
  let next = 0
  let star = -1
  let resume = 0
  while (at < name.length) {
    if (pattern[next] === '*') {
      star = next++
      resume = at
    } else if (pattern[next] === '?' || pattern[next] === name[at]) {
      at += pattern[next++] === '?' ? characterLength(name, at) : 1
    } else if (star >= 0) {
      next = star + 1
      at = ++resume
    } else return false
  }
  while (pattern[next] === '*') next++
  return next === pattern.length
}

function characterLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
}
