// What the saved cursors of an http source belong to: its preset and its mode. Its address may change, for systems are renamed.
import { scrub, secretForms } from '../../runtime/scrub.ts'
import type { Origin } from '../source.ts'
import { placeIn } from './address.ts'
import type { HttpSourceOptions } from './options.ts'
import { parsed } from './progress.ts'
import { placeholdersIn } from './request-plan.ts'

export function originOf({ preset, base, definition, plans, secrets }: HttpSourceOptions): Origin {
  const { mode, request, parts } = plans
  const listed = !parts ? [''] : 'values' in parts ? parts.values : null
  const { path = '', url } = definition.request
  const place = placeIn(url ?? `${base}${path}`)
  const begins = mode === 'feed' && placeholdersIn(request).some(({ of }) => of === 'from')
  return {
    as: { preset: preset ?? null, mode },
    windowed: mode === 'window',
    place: scrub(place, secretForms(secrets)),
    ...(begins && { cursorAt: feedFrom }),
    timeOf: feedTime,
    ...(listed && { parts: listed }),
  }
}

/** Also where windows are read now: the cursor may be one that was left. */
function feedTime(own: string): number | null {
  const { since } = parsed(own)
  return typeof since === 'number' ? since : null
}

/** A feed that reads everything since then, and what of it was read before. */
function feedFrom(ms: number): string {
  return JSON.stringify({ since: ms, again: { from: ms, to: ms } })
}
