// Runs an expression over a page under a clock. Whatever the expression does, every event gets an answer in bounded time.
import { binder } from './bind.ts'
import { type CelProgram, isMissing, parseCel } from './cel.ts'
import type { FilterablePage } from './filter.ts'
import { TimeLimit } from './time-limit.ts'

/** How long an expression may work, milliseconds. A page needs some 4 ms; only a runaway expression ever meets these. */
export interface WhenLimits {
  /** For all events of a page, or what is left of them after a time-out. */
  readonly pageMs: number
  /** For the one event on which time ran out. */
  readonly eventMs: number
  /** After so many time-outs the rest of the page counts as failed. */
  readonly maxTimeouts: number
}

export const whenLimits: WhenLimits = { pageMs: 500, eventMs: 100, maxTimeouts: 4 }

/** What an expression said of one event. `missing` is false because something was not there; `failed` is no answer. */
export const Answer = { no: 0, yes: 1, missing: 2, failed: 3 } as const

/** Answers for the events `indexes` of a page, in their order. */
export type When = (page: FilterablePage, indexes: Uint32Array) => Uint8Array

export function compileWhen(text: string, limits: WhenLimits): When {
  const clock = new TimeLimit()
  let program = compiled(text)
  const bind = binder(program.roots)
  return (page, indexes) => {
    const answers = new Uint8Array(indexes.length)
    let next = 0
    const judgeUntil = (end: number): void => {
      for (; next < end; next++) answers[next] = judge(program, bind(page, indexes[next] as number))
    }
    const inTime = (end: number, ms: number): boolean => {
      const ended = withoutStacks(() => clock.run(() => judgeUntil(end), ms))
      // Work that was cut short may have left anything in the engine's nodes.
      if (!ended) program = compiled(text)
      return ended
    }
    for (let timeouts = 0; !inTime(indexes.length, limits.pageMs); timeouts++) {
      if (timeouts === limits.maxTimeouts) return answers.fill(Answer.failed, next)
      if (inTime(next + 1, limits.eventMs)) continue
      answers[next++] = Answer.failed
    }
    return answers
  }
}

function compiled(text: string): CelProgram {
  const result = parseCel(text)
  if ('message' in result) throw new Error(`the filter's expression was not checked: ${result.message}`)
  return result
}

function judge(program: CelProgram, bindings: Record<string, unknown>): number {
  try {
    const result = program.evaluate(bindings)
    return result === true ? Answer.yes : result === false ? Answer.no : Answer.failed
  } catch (error) {
    return isMissing(error) ? Answer.missing : Answer.failed
  }
}

/** A missing key is thrown as an error; without its stack it costs a fifth. */
function withoutStacks<Result>(work: () => Result): Result {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = before
  }
}
