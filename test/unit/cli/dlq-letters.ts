// Dead letters for tests: made by hand, and a real state that holds some.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Identity } from '../../../src/model/identity.ts'
import type { Page } from '../../../src/model/page.ts'
import { PageDraft } from '../../../src/sources/page-draft.ts'
import type { DeadLetter, DeadLetterPlace, DeadLetterQuery } from '../../../src/store/dead-letters.ts'
import { openSqliteStore } from '../../../src/store/sqlite/open.ts'
import { NOW } from './fake-world.ts'

const minute = 60_000

/** Pages of one event each. `members`: JSON that follows the required fields. */
function pageOf(id: string, type: string, members = '', secret: Uint8Array = Buffer.alloc(32)): Page {
  const draft = new PageDraft({ name: 'app', type: 'outbox' }, new Identity(secret))
  const bytes = Buffer.from(
    `{"event_id":${JSON.stringify(id)},"event_type":${JSON.stringify(type)},"occurred_at":"2026-05-17T07:00:00Z"${members}}`,
  )
  const refusal = draft.add(bytes, 0, bytes.length)
  if (refusal) throw new Error(refusal.detail)
  return draft.page()
}

export interface Made extends Partial<Omit<DeadLetter, 'page'>> {
  readonly members?: string
}

export function letter(seq: number, { members, ...changes }: Made = {}): DeadLetter {
  const { eventId = `e-${seq}`, eventType = 'user.signed_in' } = changes
  const text = 'the receiver answered 400: {"error":"unknown field data.n"}'
  return {
    destination: 'siem',
    seq,
    source: 'app',
    eventId,
    eventType,
    cause: 'rejected',
    reason: { code: 'http_400', text, status: 400 },
    attempts: 1,
    firstAttemptedAt: NOW - 61 * minute,
    diedAt: NOW - 60 * minute + seq,
    provisional: false,
    history: [],
    page: pageOf(eventId, eventType, members),
    ...changes,
  }
}

/** What the store does for a query, over a list. */
export function readerOf(letters: readonly DeadLetter[]) {
  const looks: number[] = []
  return {
    /** How many letters each look asked for. */
    looks,
    definitions: () => Promise.resolve(new Map<string, string>()),
    deadLetters(query: DeadLetterQuery, after: DeadLetterPlace | null, limit: number): Promise<readonly DeadLetter[]> {
      looks.push(limit)
      const place = (one: DeadLetterPlace): string => `${one.destination} ${String(one.seq).padStart(9, '0')}`
      const found = letters
        .filter((one) => query.destination === undefined || one.destination === query.destination)
        .filter((one) => query.cause === undefined || one.cause === query.cause)
        .filter((one) => query.eventId === undefined || one.eventId === query.eventId)
        .filter((one) => after === null || place(one) > place(after))
        .sort((a, b) => (place(a) < place(b) ? -1 : 1))
      return Promise.resolve(found.slice(0, limit))
    },
  }
}

/** A state with the destinations `siem` and `archive`, and these letters; nobody holds it. */
export async function stateWith(
  letters: readonly DeadLetter[],
  entry: object = { type: 'webhook' },
): Promise<{ folder: string; state: string }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'audit-relay-dlq-'))
  const state = path.join(folder, 'state.db')
  const clock = { now: () => NOW, monotonic: () => 0 }
  const bounds = { maxBytes: 2 ** 30, keepMs: 7 * 86_400_000 }
  const store = await openSqliteStore({ path: state, bounds, reserveBytes: 0, newState: false, clock })
  const names = ['siem', 'archive']
  await store.register(
    names.map((name) => ({ name, type: 'webhook', definition: JSON.stringify(entry), sources: null, enabled: true })),
    NOW,
  )
  for (const one of letters) {
    const { eventId, eventType, destination, attempts, firstAttemptedAt, reason, cause, provisional } = one
    const { seqs } = await store.commitPage(
      {
        source: 'app',
        lane: 'live',
        queue: 'live',
        page: pageOf(eventId, eventType, '', store.identity.secret),
        quarantined: [],
        routing: [{ destination, bitmap: Uint8Array.of(1), matched: 1 }],
        cursors: [],
        bypassed: 0,
        missing: 0,
      },
      NOW,
    )
    const death = { seq: seqs.from, source: 'app', attempts, firstAttemptedAt, reason, cause, provisional }
    await store.settle(
      {
        destination,
        settled: [{ queue: 'live', range: seqs }],
        delivered: new Map(),
        retried: [],
        retrying: [],
        dead: [death],
        attempts: [],
      },
      one.diedAt,
    )
  }
  await store.close(NOW)
  return { folder, state }
}
