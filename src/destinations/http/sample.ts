// Tries a body with sample events, so that a template that gives no JSON is a fault of the configuration and not of the first delivery.
import type { Batch, BatchEvent } from '../../model/batch.ts'
import type { BodyPlan } from './body.ts'
import { bodyOf } from './encode.ts'

const text = Buffer.from(
  '{"event_id":"e","event_type":"t","occurred_at":"2026-05-17T08:00:00Z","data":{"text":"a \\"b\\""}}',
)

/** What is wrong with the JSON that a template gives, and which template; undefined when all is well. */
export function jsonFault(plan: BodyPlan): { readonly part: 'event' | 'batch'; readonly fault: string } | undefined {
  const alone = { ...plan, before: [], after: [] }
  if (!isJson(bodyOf(sample(1), alone))) return { part: 'event', fault: notJson('one event', plan) }
  // Objects one after the other, or one a line, are no JSON as a whole, and need not be.
  if (plan.separator.trim() === '') return undefined
  return isJson(bodyOf(sample(2), plan)) ? undefined : { part: 'batch', fault: notJson('two events', plan) }
}

function notJson(what: string, { event }: BodyPlan): string {
  const quoted = event.some((part) => typeof part === 'string' && part.endsWith('"'))
  const advice = quoted ? 'a placeholder has its own quotation marks where it is text' : 'check braces and commas'
  return `with ${what} this gives no JSON: ${advice} (or set content_type to what it is)`
}

function sample(count: number): Batch {
  const event: BatchEvent = {
    seq: 1,
    bytes: text,
    start: 0,
    end: text.length,
    timeMs: 0,
    key: '0'.repeat(32),
    source: 'sample',
    attempt: 1,
    firstAttemptedAt: '',
    tags: 0,
  }
  return { id: '0'.repeat(32), destination: 'sample', events: Array.from({ length: count }, () => event) }
}

function isJson(body: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(body).toString())
    return true
  } catch {
    return false
  }
}
