// The values of `fan_out:`: each is a part with progress of its own.
import { SourceError, WindowError } from '../../model/errors.ts'
import { RecordFinder } from '../records.ts'
import type { Engine } from './engine.ts'
import { lookupIn, textAt } from './lookup.ts'
import type { PartsPlan } from './plans.ts'
import { buildRequest } from './request-build.ts'

const mostParts = 10_000

export async function partsOf(engine: Engine, plan: PartsPlan, signal: AbortSignal): Promise<readonly string[]> {
  if ('values' in plan) return plan.values
  const { options, exchange } = engine
  const scene = { time: options.plans.time, part: '', window: {} }
  const built = buildRequest(plan.request, { base: options.base, lookup: lookupIn(scene) })
  const answer = await exchange.ask(built, scene, signal).catch((error: unknown) => {
    // No window is being read that could be narrower.
    throw error instanceof WindowError ? new SourceError('transient', error.message, { cause: error }) : error
  })
  if (!answer) return []
  const parts = new Set<string>()
  for (const entry of new RecordFinder({ at: plan.at }).find(answer.body)) {
    const part = textAt(entry, plan.id)
    if (part === undefined || part === '')
      throw new SourceError(
        'transient',
        'an entry of the list that fan_out asks for has no value where fan_out.over.id says',
      )
    parts.add(part)
  }
  if (parts.size > mostParts) throw new SourceError('denied', `fan_out found more than ${mostParts} values`)
  return [...parts]
}
