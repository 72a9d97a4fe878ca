// The machine form of `test-destination`. The names here are a promise to scripts: add, never rename.
import { isTaken } from './finding.ts'
import type { Facts, Finding } from './facts.ts'

/** One destination that was tested. */
export interface Tested {
  readonly facts: Facts
  readonly finding: Finding
}

export function testedJson(tested: readonly Tested[], now: number): unknown {
  return {
    at: new Date(now).toISOString(),
    ok: tested.length > 0 && tested.every(({ facts }) => isTaken(facts)),
    destinations: tested.map(one),
  }
}

/** Times are RFC 3339 in UTC; `latency_ms` is a whole number. */
function one({ facts, finding }: Tested): unknown {
  const { verdict, exchange } = facts
  const reason = verdict.kind === 'delivered' ? null : verdict.reason
  return {
    name: facts.name,
    type: facts.type,
    enabled: facts.enabled,
    ok: isTaken(facts),
    class: finding.class,
    event_id: facts.eventId,
    sent_at: new Date(facts.sentAt).toISOString(),
    latency_ms: Math.round(facts.latencyMs),
    verdict: verdict.kind,
    reason: reason && { code: reason.code, text: reason.text },
    request: exchange && { method: exchange.method, url: exchange.url },
    answer: exchange?.answer
      ? {
          status: exchange.answer.status,
          content_type: exchange.answer.contentType,
          excerpt: exchange.answer.said,
          truncated: exchange.answer.truncated,
        }
      : null,
    checks: finding.checks,
    notes: facts.notes,
  }
}
