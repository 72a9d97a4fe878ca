// Makes a filter of its specification: cheap tests first, the expression for what is left, and never an event hidden
// because the filter itself could not be trusted on it.
import { setBit } from '../model/page.ts'
import type { Filter, FilterablePage, Routed } from './filter.ts'
import type { FilterSpec } from './schema.ts'
import { typeGate } from './type-gate.ts'
import { Answer, compileWhen, type When, type WhenLimits, whenLimits } from './when.ts'

/** Throws when the specification has faults that `checkFilter` would have told. */
export function compileFilter(spec: FilterSpec, limits: Partial<WhenLimits> = {}): Filter {
  const gate = typeGate(spec)
  const when = spec.when === undefined ? undefined : compileWhen(spec.when, { ...whenLimits, ...limits })
  return { route: (page) => route(page, gate, when) }
}

function route(page: FilterablePage, gate: ReturnType<typeof typeGate>, when: When | undefined): Routed {
  const bitmap = new Uint8Array((page.count + 7) >> 3)
  const candidates = new Uint32Array(when ? page.count : 0)
  let [matched, bypassed, waiting] = [0, 0, 0]
  for (let index = 0; index < page.count; index++) {
    const tagged = page.tags(index) !== 0
    if (!tagged && !gate(page, index)) continue
    if (tagged) bypassed++
    else if (when) {
      candidates[waiting++] = index
      continue
    }
    setBit(bitmap, index)
    matched++
  }
  const routed = { bitmap, matched, bypassed, missing: 0, failed: [] }
  return when && waiting > 0
    ? withAnswers(routed, candidates.subarray(0, waiting), when(page, candidates.subarray(0, waiting)))
    : routed
}

function withAnswers(routed: Routed, indexes: Uint32Array, answers: Uint8Array): Routed {
  let { matched, missing } = routed
  const failed: number[] = []
  for (let at = 0; at < indexes.length; at++) {
    const index = indexes[at] as number
    const answer = answers[at]
    if (answer === Answer.missing) missing++
    if (answer === Answer.failed) failed.push(index)
    if (answer !== Answer.yes && answer !== Answer.failed) continue
    setBit(routed.bitmap, index)
    matched++
  }
  return { bitmap: routed.bitmap, matched, missing, failed, bypassed: routed.bypassed + failed.length }
}
