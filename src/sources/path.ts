// Paths into JSON as an operator writes them: `user.name`, `target.0.id`, `user\.name`, `.` for the whole.
import { z } from 'zod'

/** One step of a path: a member's name, which in a list is the index of an element (-1: no index). */
export interface Step {
  readonly name: Buffer
  readonly index: number
}

/** The steps of a path. No step: the whole value. */
export type Path = readonly Step[]

/** `user.name` is two steps, `user\.name` one; `.` is the whole record. */
export function parsePath(text: string): Path {
  if (text === '.') return []
  return stepsOf(text).map((name) => ({ name: Buffer.from(name), index: /^\d{1,9}$/u.test(name) ? Number(name) : -1 }))
}

/** The names in a path, dots within a name unescaped. */
function stepsOf(text: string): string[] {
  const steps = text.match(/(?:\\[.\\]|[^.])+/gu) ?? []
  return steps.map((step) => step.replaceAll(/\\([.\\])/gu, '$1'))
}

/** What is wrong with a path; undefined when nothing is. */
export function pathFault(text: string): string | undefined {
  if (text === '.') return undefined
  if (text === '') return 'expected a path such as user.name'
  if (/^\.|(?<!\\)(?:\\\\)*\.(?:\.|$)/u.test(text))
    return 'a path has a name between any two dots (write a dot within a name as \\.)'
  return undefined
}

/** A path within a record. */
export const PathText = z.string().superRefine((text, context) => {
  const fault = pathFault(text)
  if (fault) context.addIssue({ code: 'custom', message: fault })
})

/** A path within an answer: `body`, or `body.` and a path. */
export const BodyPathText = z.string().superRefine((text, context) => {
  const fault = /^body(?:\.|$)/u.test(text)
    ? pathFault(text)
    : 'expected body for the whole answer, or a path in it such as body.events'
  if (fault) context.addIssue({ code: 'custom', message: fault })
})

/** The path within the answer that `body.a.b` names. */
export function parseBodyPath(text: string): Path {
  return parsePath(text).slice(1)
}
