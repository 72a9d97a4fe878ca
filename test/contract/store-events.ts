// Pages, commits and settlements for tests of the store, made the way sources make them.
import { hash } from 'node:crypto'
import { Identity } from '../../src/model/identity.ts'
import {
  allBits,
  eventBytes,
  type Page,
  type Quarantined,
  setBit,
  type Routing,
  type Seq,
} from '../../src/model/page.ts'
import { PageDraft } from '../../src/sources/page-draft.ts'
import type { DestinationDefinition, PageCommit, SeqRange, Settlement, Store } from '../../src/store/store.ts'

export const START = Date.UTC(2026, 4, 17, 8)
export const DAY = 86_400_000

/** A record with an id, and whatever else makes it this record and no other. */
export interface TestEvent {
  readonly id: string
  readonly content?: string
  readonly padding?: string
  /** When it occurred; RFC 3339. */
  readonly at?: string
}

export function ids(...names: string[]): TestEvent[] {
  return names.map((id) => ({ id }))
}

/** `count` events named `prefix` + number, each with `size` characters that do not shrink when they are packed. */
export function many(prefix: string, count: number, size = 0): TestEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${prefix}${index}`,
    padding: noise(`${prefix}${index}`, size),
  }))
}

function noise(seed: string, size: number): string {
  let text = ''
  for (let block = 0; text.length < size; block++) text += hash('sha512', `${seed} ${block}`, 'base64')
  return text.slice(0, size)
}

function pageOf(store: Store, source: string, events: readonly TestEvent[]): Page {
  const draft = new PageDraft({ name: source, type: 'test' }, new Identity(store.identity.secret))
  for (const { id, content = 'same', padding = '', at = '2026-05-17T08:00:00Z' } of events) {
    const data = padding === '' ? { content } : { content, padding }
    const event = { event_id: id, event_type: 'test.happened', occurred_at: at, data }
    const bytes = Buffer.from(JSON.stringify(event))
    const refusal = draft.add(bytes, 0, bytes.length)
    if (refusal) throw new Error(refusal.detail)
  }
  return draft.page()
}

export interface CommitChoices {
  readonly queue?: PageCommit['queue']
  readonly lane?: string
  readonly window?: PageCommit['window']
  readonly mayRepeat?: boolean
  readonly rememberMs?: number
  readonly rememberFrom?: number
  readonly lateBefore?: number
  readonly noticed?: PageCommit['noticed']
  readonly cursors?: PageCommit['cursors']
  readonly quarantined?: readonly Quarantined[]
  /** By destination: which events match; `all` of them, or their places. */
  readonly to?: Readonly<Record<string, 'all' | readonly number[]>>
}

export function commitOf(
  store: Store,
  source: string,
  events: readonly TestEvent[],
  choices: CommitChoices = {},
): PageCommit {
  const page = pageOf(store, source, events)
  const { window, mayRepeat, rememberMs, rememberFrom, lateBefore, noticed } = choices
  return {
    source,
    lane: choices.lane ?? 'live',
    queue: choices.queue ?? 'live',
    page,
    quarantined: choices.quarantined ?? [],
    routing: Object.entries(choices.to ?? {}).map(([destination, which]) => routing(destination, page.count, which)),
    cursors: choices.cursors ?? [],
    bypassed: 0,
    missing: 0,
    ...(window && { window }),
    ...(mayRepeat !== undefined && { mayRepeat }),
    ...(rememberMs !== undefined && { rememberMs }),
    ...(rememberFrom !== undefined && { rememberFrom }),
    ...(lateBefore !== undefined && { lateBefore }),
    ...(noticed && { noticed }),
  }
}

function routing(destination: string, count: number, which: 'all' | readonly number[]): Routing {
  if (which === 'all') return { destination, bitmap: allBits(count), matched: count }
  const bitmap = new Uint8Array((count + 7) >> 3)
  for (const index of which) setBit(bitmap, index)
  return { destination, bitmap, matched: which.length }
}

export function destination(name: string, more: Partial<DestinationDefinition> = {}): DestinationDefinition {
  return { name, type: 'webhook', definition: `{"name":"${name}"}`, sources: null, enabled: true, ...more }
}

export function settlement(name: string, more: Partial<Settlement> = {}): Settlement {
  return {
    destination: name,
    settled: [],
    delivered: new Map(),
    retried: [],
    retrying: [],
    dead: [],
    attempts: [],
    ...more,
  }
}

export function live(...ranges: readonly (readonly [Seq, Seq])[]): { queue: 'live'; range: SeqRange }[] {
  return ranges.map(([from, to]) => ({ queue: 'live', range: { from, to } }))
}

export const REASON = { code: 'http_503', text: 'the receiver answered 503' }

export function aside(
  seq: Seq,
  source = 'app',
): { seq: Seq; source: string; attempts: number; firstAttemptedAt: number; reason: typeof REASON } {
  return { seq, source, attempts: 1, firstAttemptedAt: START, reason: REASON }
}

/** The ids of a page's events, as a receiver would read them. */
export function idsOf(page: Page): string[] {
  return Array.from({ length: page.count }, (_, index) => {
    const event = JSON.parse(Buffer.from(eventBytes(page, index)).toString()) as { event_id: string }
    return event.event_id
  })
}
