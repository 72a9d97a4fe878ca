// A receiver of webhooks with every bad habit, and a memory of what it took.
import { HttpError, type HttpClient, type HttpReply, type HttpRequest } from '../../src/runtime/http.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import { Diary } from './diary.ts'
import type { Seeded } from './seeded.ts'

type Mood =
  'well' | 'refused' | 'silent' | 'http_500' | 'http_503' | 'limited' | 'misconfigured' | 'too_small' | 'unauthorized'
const badMoods: readonly Mood[] = [
  'refused',
  'silent',
  'http_500',
  'http_503',
  'limited',
  'misconfigured',
  'too_small',
  'unauthorized',
]

interface ReceiverHabits {
  /** Probability that a good mood ends, looked at for each request. */
  outage: number
  /** Probability that an event was taken and the answer is lost. */
  lostAnswer: number
  /** Events whose `n` leaves this rest modulo 97 are refused with 400, alone or in company; -1 for none. */
  readonly poison: number
  /** The same with 403, as a firewall answers. */
  readonly firewall: number
  /** Bodies over this many bytes are answered with 413. */
  readonly maxBytes: number
}

interface ReceiverParts {
  readonly clock: Clock
  readonly random: Seeded
  readonly habits: ReceiverHabits
  /** The `"data":{…}` member of a true event. */
  readonly dataOf: (n: number) => string | undefined
}

interface Wire {
  readonly data: { readonly n: number }
  readonly event_id: string
  readonly source: { readonly name: string }
}

/** One of the relay's own events as it arrived. */
export type OwnWire = Readonly<Record<string, unknown>>

export class SimReceiver {
  /** For each `data.n` how often it was taken, under which ids, and whether its bytes were ever altered. */
  readonly taken = new Map<number, { count: number; readonly ids: Set<string> }>()
  /** `data.n` of events that were refused alone. */
  readonly refusedAlone = new Set<number>()
  altered: string[] = []
  /** The relay's own events by id, each as often as it was taken, and the ids of those that were refused alone. */
  readonly own = new Map<string, OwnWire[]>()
  readonly ownRefusedAlone = new Set<string>()
  /** Requests whose sender cannot know what became of them, and the events in them. */
  ambiguousEvents = 0
  readonly seen = new Set<string>()
  readonly diary = new Diary()
  #mood: Mood = 'well'
  #moodUntil = 0
  readonly #parts: ReceiverParts

  constructor(parts: ReceiverParts) {
    this.#parts = parts
  }

  /** All well from now on, but for the events it never takes. */
  recover(): void {
    this.#parts.habits.outage = 0
    this.#parts.habits.lostAnswer = 0
    this.#mood = 'well'
  }

  client(): HttpClient {
    return { request: (request, signal) => this.#request(request, signal), close: () => Promise.resolve() }
  }

  async #request(request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    const { clock, random, habits } = this.#parts
    this.#changeMood()
    await clock.sleep(random.between(1, 400), signal)
    const body = Buffer.from(request.body ?? []).toString()
    const events = [JSON.parse(body) as Wire | Wire[]].flat()
    for (const event of events) this.diary.isTried(keyOf(event), clock.monotonic())
    const refusal = await this.#refusal(events, body, signal)
    if (refusal) return refusal
    for (const event of events) this.#take(event, body)
    if (!random.chance(habits.lostAnswer)) return reply(200)
    this.seen.add('lost answer')
    this.ambiguousEvents += events.length
    for (const event of events) this.diary.isAmbiguous(keyOf(event))
    throw new HttpError('broken', 'the connection was cut before the answer')
  }

  #changeMood(): void {
    const { clock, random, habits } = this.#parts
    if (this.#mood !== 'well' && clock.monotonic() >= this.#moodUntil) this.#mood = 'well'
    if (this.#mood !== 'well' || !random.chance(habits.outage)) return
    this.#mood = random.pick(badMoods)
    this.#moodUntil = clock.monotonic() + random.pick([500, 5000, 60_000, 3_600_000, 3 * 86_400_000])
  }

  async #refusal(events: readonly Wire[], body: string, signal: AbortSignal): Promise<HttpReply | undefined> {
    const { habits } = this.#parts
    if (this.#mood !== 'well') return this.#moody(events, signal)
    if (body.length > habits.maxBytes) return this.#refuse(events, 413)
    if (events.some(({ data }) => data.n % 97 === habits.poison)) return this.#refuse(events, 400)
    if (events.some(({ data }) => data.n % 97 === habits.firewall)) return this.#refuse(events, 403)
    return undefined
  }

  async #moody(events: readonly Wire[], signal: AbortSignal): Promise<HttpReply | undefined> {
    const { clock } = this.#parts
    this.seen.add(this.#mood)
    switch (this.#mood) {
      case 'well':
        return undefined
      case 'refused':
        throw new HttpError('connect', 'connection refused')
      case 'silent':
        await clock.sleep(30 * 86_400_000, signal)
        throw new HttpError('timeout', 'no answer')
      case 'http_500':
        return reply(500)
      case 'http_503':
        return reply(503)
      case 'limited':
        return reply(429, { 'retry-after': '7' })
      case 'misconfigured':
        return this.#refuse(events, 400)
      case 'too_small':
        return this.#refuse(events, 413)
      case 'unauthorized':
        return reply(401)
    }
  }

  #refuse(events: readonly Wire[], status: number): HttpReply {
    this.seen.add(`refused with ${status}`)
    const [only] = events
    if (only && events.length === 1) {
      if (isOwn(only)) this.ownRefusedAlone.add(only.event_id)
      else this.refusedAlone.add(only.data.n)
      this.diary.isRefused(keyOf(only), this.#parts.clock.monotonic())
    }
    return reply(status)
  }

  #take(event: Wire, body: string): void {
    this.diary.isTaken(keyOf(event), this.#parts.clock.monotonic())
    if (isOwn(event)) {
      this.own.set(event.event_id, [...(this.own.get(event.event_id) ?? []), { ...event }])
      return
    }
    const { n } = event.data
    const data = this.#parts.dataOf(n)
    if (data === undefined || !body.includes(data)) this.altered.push(`event ${n} arrived as ${JSON.stringify(event)}`)
    const taken = this.taken.get(n) ?? { count: 0, ids: new Set() }
    taken.count++
    taken.ids.add(event.event_id)
    this.taken.set(n, taken)
  }
}

function isOwn({ source }: Wire): boolean {
  return source.name === 'relay'
}

function keyOf(event: Wire): string {
  return isOwn(event) ? event.event_id : String(event.data.n)
}

function reply(status: number, headers: Record<string, string> = {}): HttpReply {
  return { status, headers, body: Buffer.from(`answer ${status}`), truncated: false }
}
