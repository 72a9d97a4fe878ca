// Pages for filter tests, made by the same draft that sources fill.
import type { Routed } from '../../../src/filters/filter.ts'
import { bitSet } from '../../../src/model/page.ts'
import { Identity } from '../../../src/model/identity.ts'
import { PageDraft } from '../../../src/sources/page-draft.ts'

/** A page of events given as JSON texts or as objects that lack the required fields. */
export function pageOf(events: readonly (string | Record<string, unknown>)[]): PageDraft {
  const draft = new PageDraft({ name: 'app', type: 'outbox' }, new Identity(Buffer.alloc(32)))
  for (const [index, event] of events.entries()) {
    const text = typeof event === 'string' ? event : JSON.stringify({ ...required(index), ...event })
    const bytes = Buffer.from(text)
    const refusal = draft.add(bytes, 0, bytes.length)
    if (refusal) throw new Error(`event ${index}: ${refusal.detail}`)
  }
  return draft
}

function required(index: number): Record<string, unknown> {
  return { event_id: `e${index}`, event_type: 'user.signed_in', occurred_at: '2026-05-17T08:00:00Z' }
}

/** Which events a filter let through. */
export function passed(routed: Routed, count: number): number[] {
  return Array.from({ length: count }, (_, index) => index).filter((index) => bitSet(routed.bitmap, index))
}
