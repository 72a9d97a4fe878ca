// Two audit APIs of one product over HTTP: a feed that gives a cursor in the order in which records were stored, and a list that is asked
// for a period and counts its pages. Both hold ties and show records late.
import { type Answer, type Receiver, startReceiver } from '../../fakes/http-receiver.ts'
import { latenessMs, OVERLAP, SETTLE, SWEEPS } from './lateness.ts'
import type { Expected } from './pull-oracle.ts'
import type { ZitadelHostParts } from './zitadel-host.ts'

interface Stored {
  readonly id: string
  readonly at: number
  readonly shownAt: number
  readonly json: string
}

const size = 30
const ties = [1, 1, 1, 1, 1, 1, 1, 2, 5, 70]

export class RecordHost {
  readonly #name: string
  readonly #receiver: Receiver
  readonly #parts: ZitadelHostParts
  /** In the order in which they are shown, as far as they have been; then those that are not yet. */
  readonly #shown: Stored[] = []
  #hidden: Stored[] = []
  #number = 0

  private constructor(name: string, receiver: Receiver, parts: ZitadelHostParts) {
    this.#name = name
    this.#receiver = receiver
    this.#parts = parts
    receiver.answer(({ path }) => this.#answer(new URL(path, receiver.url)))
  }

  /** `name`: what its ids begin with. */
  static async start(name: string, parts: ZitadelHostParts): Promise<RecordHost> {
    return new RecordHost(
      name,
      parts.trouble.around(await startReceiver(), () => {}),
      parts,
    )
  }

  get count(): number {
    return this.#number
  }

  feed(): object {
    return {
      ...this.#entry(),
      mode: 'feed',
      request: { path: '/feed', query: { limit: size } },
      page: { type: 'token', next: 'body.next', into: 'query.cursor', end: ['short_page'], size },
    }
  }

  list(): object {
    return {
      ...this.#entry(),
      request: { path: '/list', query: { since: '{{from}}', until: '{{to}}', size } },
      page: { type: 'number', into: 'query.page', size, end: ['short_page'] },
      time: { format: 'rfc3339_ms', bounds: 'half_open' },
      start: '1h',
      settle: SETTLE,
      overlap: OVERLAP,
      max_window: '1m',
      sweeps: SWEEPS,
    }
  }

  /** So many records with times in `[from, to)`, ms. */
  write(count: number, from: number, to: number): void {
    const { chance } = this.#parts
    for (let left = count; left > 0;) {
      const tie = chance.next() < 0.97 ? 1 : (ties[chance.between(0, ties.length)] as number)
      const at = chance.between(from, to)
      for (let one = 0; one < tie; one++) this.#add(at)
      left -= tie
    }
  }

  truth(): readonly Expected[] {
    return [...this.#shown, ...this.#hidden].map(({ id, json, at }) => {
      return { id, type: 'record.kept', data: json, at: new Date(at).toISOString() }
    })
  }

  async close(): Promise<void> {
    await this.#receiver.close()
  }

  #entry(): object {
    return {
      type: 'http',
      url: this.#receiver.url,
      every: '300ms',
      records: { at: 'body.records' },
      event: { event_id: 'id', event_type: { value: 'record.kept' }, occurred_at: 'at' },
    }
  }

  #add(at: number): void {
    const { chance } = this.#parts
    const id = `${this.#name}-${this.#number++}`
    const json = `{"id":"${id}", "at":"${new Date(at).toISOString()}","big":9223372036854775807,"text":"é ${chance.between(0, 1e9)}"}`
    this.#hidden.push({ id, at, shownAt: at + latenessMs(chance), json })
  }

  #answer({ pathname, searchParams }: URL): Answer {
    this.#show()
    if (pathname === '/feed') return this.#feed(Number(searchParams.get('cursor') ?? 0))
    const [since, until] = [Date.parse(searchParams.get('since') ?? ''), Date.parse(searchParams.get('until') ?? '')]
    if (Number.isNaN(since) || Number.isNaN(until)) return { status: 400, body: 'since and until are missing' }
    const from = (Number(searchParams.get('page')) - 1) * size
    const found = this.#shown
      .filter(({ at }) => at >= since && at < until)
      .toSorted((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1))
    return this.#page(found.slice(from, from + size), {})
  }

  #feed(cursor: number): Answer {
    const found = this.#shown.slice(cursor, cursor + size)
    return this.#page(found, { next: String(cursor + found.length) })
  }

  #page(found: readonly Stored[], more: object): Answer {
    const rest = JSON.stringify(more).slice(1)
    const records = `"records": [${found.map(({ json }) => json).join(',\n')}]${rest === '}' ? '' : ','}`
    const headers = { 'content-type': 'application/json', date: this.#parts.time.text() }
    return { status: 200, headers, body: `{${records}${rest}` }
  }

  #show(): void {
    const now = this.#parts.time.now()
    const due = this.#hidden.filter(({ shownAt }) => shownAt <= now)
    if (due.length === 0) return
    this.#hidden = this.#hidden.filter(({ shownAt }) => shownAt > now)
    this.#shown.push(...due.toSorted((one, other) => one.shownAt - other.shownAt))
  }
}
