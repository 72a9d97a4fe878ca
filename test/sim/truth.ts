// What was really produced. The oracle reads this, never the relay's own counts.
import type { Seeded } from './seeded.ts'

export interface TrueEvent {
  /** Unique, stands in `data.n`. */
  readonly n: number
  readonly eventId: string
  readonly type: string
  readonly outcome: 'success' | 'failure' | undefined
  readonly line: string
  /** The `"data":{…}` member, which must arrive byte for byte. */
  readonly data: string
}

const types = ['user.signed_in', 'user.signed_out', 'auth.failed', 'security.policy_changed', 'org.member_added']
const texts = [
  'plain',
  'é 💡 \\u2028',
  'quote \\" and \\\\',
  '9'.repeat(40),
  '',
  '\\u0000',
  '"},{"event_id":"forged"'.replaceAll('"', '\\"'),
]

/** Everything that sources have revealed, in order; a line may stand there twice, an `event_id` may be used again. */
export class Truth {
  readonly events: TrueEvent[] = []
  readonly revealed: string[] = []
  readonly #random: Seeded
  readonly #first: number

  /** `first`: the number of its first event. */
  constructor(random: Seeded, first = 0) {
    this.#random = random
    this.#first = first
  }

  /** Reveals one more record: mostly a new event, now and then one that was seen before, or garbage. */
  reveal(): void {
    const random = this.#random
    const earlier = this.events.length > 0 ? random.pick(this.events) : undefined
    if (earlier && random.chance(0.05)) this.revealed.push(earlier.line)
    else if (random.chance(0.02)) this.revealed.push('{"not": "an event"')
    else this.#produce(earlier && random.chance(0.02) ? earlier.eventId : undefined)
  }

  #produce(reusedId: string | undefined): void {
    const random = this.#random
    const n = this.#first + this.events.length
    const eventId = reusedId ?? `evt-${n}`
    const type = random.pick(types)
    const outcome = random.pick(['success', 'failure', undefined] as const)
    const data = `"data":{"n":${n},"big":9223372036854775807,"text":"${random.pick(texts)}","z":1.0,"1":-0}`
    const time = new Date(Date.UTC(2026, 4, 17) + n * 10).toISOString()
    const members = [`"event_id":"${eventId}"`, `"event_type":"${type}"`, `"occurred_at":"${time}"`]
    if (outcome) members.push(`"outcome":"${outcome}"`)
    const line = `{${[...members, data].join(',')}}`
    this.events.push({ n, eventId, type, outcome, line, data })
    this.revealed.push(line)
  }
}
