// What the saved cursors of an http source belong to: its preset and its mode. Its address may change, for systems are renamed.
import { scrub, secretForms } from '../../runtime/scrub.ts'
import type { Origin } from '../source.ts'
import type { HttpSourceOptions } from './options.ts'
import { placeholdersIn } from './request-plan.ts'

export function originOf({ preset, base, definition, plans, secrets }: HttpSourceOptions): Origin {
  const { mode, request } = plans
  const { hostname, pathname } = new URL(base)
  const { path = '', url } = definition.request
  const place = url ?? `${hostname}${pathname === '/' ? '' : pathname}${path}`
  const begins = mode === 'feed' && placeholdersIn(request).some(({ of }) => of === 'from')
  return {
    as: { preset: preset ?? null, mode },
    windowed: mode === 'window',
    place: scrub(place, secretForms(secrets)),
    ...(begins && { cursorAt: feedFrom }),
  }
}

/** A feed that reads everything since then, and what of it was read before. */
function feedFrom(ms: number): string {
  return JSON.stringify({ since: ms, again: { from: ms, to: ms } })
}
