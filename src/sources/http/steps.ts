// The `steps:` of a definition: requests before the one that reads, such as making a job and waiting until it is done.
import { SourceError, WindowError } from '../../model/errors.ts'
import type { Answer } from './answer.ts'
import type { Engine } from './engine.ts'
import { lookupIn, type Scene } from './lookup.ts'
import type { StepPlan } from './plans.ts'
import { type Built, buildRequest } from './request-build.ts'
import { holds } from './rules.ts'

const usualEveryMs = 5000
const usualTimeoutMs = 600_000
/** So many questions in a row that fail are no passing fault: the pull ends, and says why. */
const mostFailures = 5

/** The answers of all steps by name; undefined where a rule says that there is nothing to read. */
export async function runSteps(
  steps: readonly StepPlan[],
  scene: Scene,
  engine: Engine,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Answer> | undefined> {
  const answers = new Map<string, Answer>()
  for (const step of steps) {
    const answer = await runStep(step, { ...scene, steps: answers }, engine, signal)
    if (!answer) return undefined
    answers.set(step.given.name, answer)
  }
  return answers
}

async function runStep(step: StepPlan, scene: Scene, engine: Engine, signal: AbortSignal): Promise<Answer | undefined> {
  const { name, until, fail, every = usualEveryMs, timeout = usualTimeoutMs } = step.given
  const { clock } = engine.tools
  // A value that is missing will not come by asking again.
  const built = buildRequest(step.request, { base: engine.options.base, lookup: lookupIn(scene) })
  const endsAt = clock.monotonic() + timeout
  for (let failures = 0; ;) {
    const patient = until !== undefined && failures + 1 < mostFailures
    const answer = await patiently(() => ask(built, scene, engine, signal), patient)
    if (answer === 'nothing') return undefined
    failures = typeof answer === 'number' ? failures + 1 : 0
    if (typeof answer !== 'number') {
      if (fail && holds(fail, answer))
        throw new SourceError(
          'transient',
          `the source says that the step ${name} failed, at ${Object.keys(fail).join(', ')}`,
        )
      if (!until || holds(until, answer)) return answer
    }
    const wait = Math.max(every, typeof answer === 'number' ? answer : 0)
    if (clock.monotonic() + wait > endsAt)
      throw new WindowError('too_wide', `the step ${name} was not finished within ${timeout / 1000} s`)
    await clock.sleep(wait, signal)
  }
}

async function ask(built: Built, scene: Scene, { exchange }: Engine, signal: AbortSignal): Promise<Answer | 'nothing'> {
  return (await exchange.ask(built, scene, signal)) ?? 'nothing'
}

/** While something is waited for, a question that fails in passing is asked again: how long to wait, ms, instead of the answer. */
async function patiently(
  question: () => Promise<Answer | 'nothing'>,
  waiting: boolean,
): Promise<Answer | 'nothing' | number> {
  try {
    return await question()
  } catch (error) {
    if (waiting && error instanceof SourceError && error.kind !== 'denied') return error.afterMs ?? 0
    throw error
  }
}
