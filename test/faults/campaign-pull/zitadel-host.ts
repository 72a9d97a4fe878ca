// A ZITADEL instance that is written to while it is read: ties within a microsecond, events that are seen late, an order that is not that
// of the dates, names that change between two looks.
import { startReceiver } from '../../fakes/http-receiver.ts'
import { FakeZitadel } from '../../fakes/zitadel.ts'
import type { StoredEvent } from '../../fakes/zitadel-events.ts'
import type { Chance } from '../campaign/chance.ts'
import { latenessMs, OVERLAP, SETTLE, SWEEPS } from './lateness.ts'
import type { Expected } from './pull-oracle.ts'
import type { SourceTime } from './source-time.ts'
import type { Trouble } from './trouble.ts'

const instance = 'iam.example'
/** Events in one answer; a tie is at times larger. */
const limit = 40
const types = ['user.human.added', 'user.human.signed.out', 'user.human.password.check.failed', 'org.added']
const aggregates = ['user', 'org', 'session']

export interface ZitadelHostParts {
  readonly time: SourceTime
  readonly chance: Chance
  readonly trouble: Trouble
}

export class ZitadelHost {
  readonly #fake: FakeZitadel
  readonly #parts: ZitadelHostParts
  #number = 0

  private constructor(fake: FakeZitadel, parts: ZitadelHostParts) {
    this.#fake = fake
    this.#parts = parts
    fake.knownAggregateTypes = aggregates
  }

  static async start(parts: ZitadelHostParts): Promise<ZitadelHost> {
    const { time, trouble } = parts
    const receiver = trouble.around(await startReceiver(), () => void (fake.now = time.now() * 1000))
    const fake: FakeZitadel = new FakeZitadel(receiver, time.now() * 1000)
    return new ZitadelHost(fake, parts)
  }

  /** Its entry in the configuration. */
  entry(): object {
    return {
      type: 'zitadel',
      url: this.#fake.url,
      instance,
      auth: { token: this.#fake.token() },
      payload: 'all',
      limit,
      every: '300ms',
      start: '1h',
      settle: SETTLE,
      overlap: OVERLAP,
      max_window: '1m',
      sweeps: SWEEPS,
    }
  }

  get count(): number {
    return this.#fake.table.all.length
  }

  /** So many events with dates in `[from, to)`, ms. */
  write(count: number, from: number, to: number): void {
    const { chance } = this.#parts
    for (let left = count; left > 0;) {
      const tie = chance.next() < 0.9 ? 1 : chance.between(2, chance.next() < 0.1 ? limit * 2 : 6)
      const createdAt = chance.between(from, to) * 1000 + chance.between(0, 1000)
      for (let one = 0; one < tie; one++) this.#add(createdAt)
      left -= tie
    }
  }

  /** What people see changes, the events do not. */
  change(): void {
    this.#fake.blanks = !this.#fake.blanks
    this.#fake.names.set('300000000000000001', `Minnie ${this.#parts.chance.between(0, 1000)}`)
  }

  truth(): readonly Expected[] {
    return this.#fake.table.all.map((event) => ({
      id: [instance, event.aggregateType, event.aggregateId, event.sequence].join('|'),
      type: event.type,
      data: `{"instance":"${instance}","sequence":"${event.sequence}","payload":${event.payload}}`,
      at: /"creationDate":"([^"]+)"/.exec(this.#fake.json(event))?.[1] ?? '',
    }))
  }

  async close(): Promise<void> {
    await this.#fake.close()
  }

  #add(createdAt: number): StoredEvent {
    const { chance } = this.#parts
    // Of several kinds, so that a tie larger than an answer can be told apart.
    const number = this.#number++
    return this.#fake.table.add({
      createdAt,
      committedAt: createdAt + latenessMs(chance) * 1000,
      position: createdAt + chance.between(-2_000_000, 2_000_000),
      type: types[number % types.length] as string,
      aggregateType: aggregates[number % aggregates.length] as string,
      aggregateId: String(chance.between(0, 20)),
      payload: `{"n":${number}, "big":9223372036854775807,"text":"é \\u2028 ${chance.between(0, 1e9)}"}`,
    })
  }
}
