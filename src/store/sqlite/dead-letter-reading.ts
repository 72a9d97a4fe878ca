// Dead letters for those who look: stretches of them, and groups by what killed them. Each read is short.
import type { Database, Statement } from 'better-sqlite3'
import { Identity } from '../../model/identity.ts'
import { eventBytes, KEY_BYTES, type Page, type Seq } from '../../model/page.ts'
import type { Reason } from '../../model/verdict.ts'
import type { DeadLetter, DeadLetterGroup, DeadLetterPlace, DeadLetterQuery, HistoryEntry } from '../dead-letters.ts'
import { Destinations } from './destinations.ts'
import { unpackEvent } from './packing.ts'
import { Sources } from './sources.ts'
import { StateRow } from './state-row.ts'

interface LetterRow {
  readonly seq: Seq
  readonly source: number
  readonly cause: string
  readonly reason: string
  readonly attempts: number
  readonly first_attempted_at: number
  readonly died_at: number
  readonly provisional: number
  readonly history: string
  readonly event: Uint8Array
}

interface GroupRow {
  readonly destination: number
  readonly cause: string
  readonly code: string
  readonly letters: number
  readonly provisional: number
  readonly oldest: number
  readonly newest: number
  /** Time and ordinal of the newest, as text that sorts like them. */
  readonly last: string
}

/** The conditions of a query; a null holds for every letter. */
interface Wanted {
  readonly cause: string | null
  readonly code: string | null
  readonly key: Uint8Array | null
  readonly before: number | null
  readonly since: number | null
}

const matching = `dead = 1
  AND (@cause IS NULL OR cause = @cause)
  AND (@before IS NULL OR died_at < @before) AND (@since IS NULL OR died_at >= @since)
  AND (@code IS NULL OR reason ->> '$.code' = @code)
  AND (@key IS NULL OR substr(event, 1, ${KEY_BYTES}) = @key)`

export class DeadLetterReading {
  readonly #state: StateRow
  readonly #sources: Sources
  readonly #destinations: Destinations
  readonly #letters: Statement<[Wanted & { destination: number; after: Seq; limit: number }], LetterRow>
  readonly #groups: Statement<[Wanted & { destination: number | null }], GroupRow>
  readonly #letter: Statement<[number, Seq], Pick<LetterRow, 'reason' | 'event'>>

  constructor(db: Database) {
    this.#state = new StateRow(db)
    this.#sources = new Sources(db)
    this.#destinations = new Destinations(db)
    this.#letters = db.prepare(
      `SELECT seq, source, cause, reason, attempts, first_attempted_at, died_at, provisional, history, event FROM exception
       WHERE destination = @destination AND seq > @after AND ${matching} ORDER BY seq LIMIT @limit`,
    )
    this.#groups = db.prepare(
      `SELECT destination, cause, coalesce(reason ->> '$.code', '') AS code, count(*) AS letters, sum(provisional) AS provisional,
         min(died_at) AS oldest, max(died_at) AS newest, max(printf('%015d %015d', died_at, seq)) AS last FROM exception
       WHERE (@destination IS NULL OR destination = @destination) AND ${matching} GROUP BY 1, 2, 3 ORDER BY letters DESC, newest DESC`,
    )
    this.#letter = db.prepare('SELECT reason, event FROM exception WHERE destination = ? AND seq = ?')
  }

  /** By destination in the order of their making, then by event. */
  list(query: DeadLetterQuery, after: DeadLetterPlace | null, limit: number): DeadLetter[] {
    const wanted = this.#wanted(query)
    const begin = after === null ? undefined : this.#destinations.all().find(({ name }) => name === after.destination)
    const found: DeadLetter[] = []
    for (const { id, name } of this.#destinations.all()) {
      if (found.length >= limit) break
      const asked = query.destination === undefined || query.destination === name
      if (!asked || (begin && id < begin.id)) continue
      const from = id === begin?.id ? (after?.seq ?? 0) : 0
      const rows = this.#letters.all({ ...wanted, destination: id, after: from, limit: limit - found.length })
      for (const row of rows) found.push(this.#shown(name, row))
    }
    return found
  }

  groups(query: DeadLetterQuery): DeadLetterGroup[] {
    const names = new Map(this.#destinations.all().map(({ id, name }) => [id, name]))
    const asked = [...names].find(([, name]) => name === query.destination)?.[0]
    if (query.destination !== undefined && asked === undefined) return []
    const rows = this.#groups.all({ ...this.#wanted(query), destination: asked ?? null })
    return rows.map((row) => this.#group(names.get(row.destination) ?? '', row))
  }

  #group(destination: string, row: GroupRow): DeadLetterGroup {
    const { cause, code, letters, provisional, oldest: oldestAt, newest: newestAt } = row
    const newest = this.#letter.get(row.destination, Number(row.last.split(' ')[1]))
    const reason = JSON.parse(newest?.reason ?? '{"code":"","text":""}') as Reason
    const eventType = newest ? namesIn(unpackEvent(newest.event)).eventType : ''
    return { destination, cause, code, letters, provisional, reason, eventType, oldestAt, newestAt }
  }

  #shown(destination: string, row: LetterRow): DeadLetter {
    const page = unpackEvent(row.event)
    return {
      destination,
      seq: row.seq,
      source: this.#sources.nameOf(row.source),
      ...namesIn(page),
      cause: row.cause,
      reason: JSON.parse(row.reason) as Reason,
      attempts: row.attempts,
      firstAttemptedAt: row.first_attempted_at,
      diedAt: row.died_at,
      provisional: row.provisional === 1,
      history: JSON.parse(row.history) as HistoryEntry[],
      page,
    }
  }

  #wanted({ cause, code, eventId, diedBefore, diedSince }: DeadLetterQuery): Wanted {
    const key = eventId === undefined ? null : keyOf(this.#state.read().secret, eventId)
    return { cause: cause ?? null, code: code ?? null, key, before: diedBefore ?? null, since: diedSince ?? null }
  }
}

/** The key under which a state keeps an `event_id`. */
export function keyOf(secret: Uint8Array, eventId: string): Buffer {
  const key = Buffer.alloc(KEY_BYTES)
  new Identity(secret).writeKey(eventId, key, 0)
  return key
}

/** Id and type of the only event of a page. */
function namesIn(page: Page): { eventId: string; eventType: string } {
  const bytes = eventBytes(page, 0)
  const event = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as Record<
    string,
    unknown
  >
  return { eventId: String(event['event_id']), eventType: String(event['event_type']) }
}
