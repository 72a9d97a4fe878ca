// Asks a collector whether the indexers have what it took, for all requests of a destination together. A `true` is said once and
// then forgotten, so that it is acted on before anything else can happen; a number that the collector does not know is `false` for
// ever, so that there is a time limit. ("About HTTP Event Collector Indexer Acknowledgment")
import { forAll, type Reason, type Verdict } from '../../model/verdict.ts'
import type { Clock } from '../../runtime/clock.ts'
import { type HttpClient, HttpError, type HttpReply } from '../../runtime/http.ts'
import type { Random } from '../../runtime/random.ts'
import { excerpt, scrub, scrubReply } from '../../runtime/scrub.ts'
import { membersOfReply } from '../../runtime/reply-json.ts'
import { Channel, guid } from './channel.ts'
import { ACK_DISABLED, CHANNEL_GONE } from './codes.ts'
import { judge, saidIn } from './judge.ts'
import type { SplunkHecOptions } from './options.ts'

export const POLL_MS = 5_000
/** Indexers write what they have to their disks and to their replicas now and then: most answers are there by then. */
export const USUAL_MS = 30_000
/** How long `close` waits for a last answer. */
const closingMs = 1_500

interface Parts {
  readonly http: HttpClient
  readonly clock: Clock
  readonly random: Random
  readonly options: SplunkHecOptions
  readonly secrets: readonly string[]
}

export class Acknowledgements {
  readonly #parts: Parts
  readonly #channels = new Set<Channel>()
  #current: Channel | undefined
  /** No request is sent in it: to ask in another would take a `true` away from the request that waits for it. */
  #apart: Channel | undefined
  #asking: Promise<void> | undefined
  /** Wakes the loop for its last round. */
  readonly #closing = new AbortController()
  /** Ends that round, too. */
  readonly #closed = new AbortController()
  /** What was wrong with the last answer. */
  #trouble = ''

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The channel for the next request. */
  channel(): Channel {
    if (!this.#current || this.#current.retired) {
      this.#current = this.#made()
      this.#channels.add(this.#current)
    }
    return this.#current
  }

  #made(): Channel {
    return new Channel(guid(this.#parts.random.hex(16)))
  }

  /** A request in it had no answer of the collector: it may have been taken, and the collector may have been restarted before. */
  unanswered(channel: Channel): void {
    channel.unanswered++
    for (const [ackId, { verdicts, settle }] of channel.outstanding)
      if (channel.mayRepeat(ackId)) settle(lost(verdicts, doubtfulReason))
    this.#retire(channel)
  }

  /** A halt when the token gives no acknowledgements, asked before anything is sent that would then be sent again and again. */
  async refusal(signal: AbortSignal): Promise<Verdict | undefined> {
    this.#apart ??= this.#made()
    const reply = await this.#ask(this.#apart, [0], signal)
    return saidIn(reply).code === ACK_DISABLED ? this.#judged(reply) : undefined
  }

  /** Resolves with `verdicts` when the request is acknowledged; with others when it will not be; rejects when the signal aborts. */
  confirmation(channel: Channel, ackId: number, verdicts: readonly Verdict[], signal: AbortSignal) {
    const { promise, resolve, reject } = Promise.withResolvers<readonly Verdict[]>()
    if (this.#closed.signal.aborted) resolve(lost(verdicts, closedReason))
    else if (!channel.take(ackId)) {
      this.#giveUp(channel, repeatedReason)
      resolve(lost(verdicts, repeatedReason))
    } else if (channel.mayRepeat(ackId)) resolve(lost(verdicts, doubtfulReason))
    else {
      const stop = (): void => {
        channel.outstanding.delete(ackId)
        reject(signal.reason as Error)
      }
      const settle = (final: readonly Verdict[]): void => {
        signal.removeEventListener('abort', stop)
        channel.outstanding.delete(ackId)
        resolve(final)
      }
      const deadline = this.#parts.clock.monotonic() + this.#parts.options.ackTimeoutMs
      channel.outstanding.set(ackId, { deadline, verdicts, settle })
      if (signal.aborted) stop()
      else signal.addEventListener('abort', stop, { once: true })
      this.#asking ??= this.#repeat().finally(() => (this.#asking = undefined))
    }
    // Whoever asked may be gone by the time it rejects.
    promise.catch(() => undefined)
    return promise
  }

  /** Asks once more; what is not acknowledged by then is to be sent again. */
  async close(): Promise<void> {
    this.#closing.abort()
    const done = new AbortController()
    const limit = this.#parts.clock.sleep(closingMs, done.signal).catch(() => undefined)
    await Promise.race([this.#asking, limit])
    done.abort()
    this.#closed.abort()
    for (const channel of this.#channels) this.#giveUp(channel, closedReason)
  }

  async #repeat(): Promise<void> {
    while (this.#any()) {
      const { signal } = this.#closing
      if (!signal.aborted) await this.#parts.clock.sleep(POLL_MS, signal).catch(() => undefined)
      await this.#round()
      if (signal.aborted) return
    }
  }

  #any(): boolean {
    return [...this.#channels].some((channel) => channel.outstanding.size > 0)
  }

  async #round(): Promise<void> {
    for (const channel of this.#channels) {
      if (channel.outstanding.size > 0) await this.#hear(channel)
      this.#expire(channel)
      if (channel.retired && channel.outstanding.size === 0) this.#channels.delete(channel)
    }
  }

  async #hear(channel: Channel): Promise<void> {
    let reply: HttpReply
    try {
      reply = await this.#ask(channel, [...channel.outstanding.keys()], this.#closed.signal)
    } catch (error) {
      channel.retired = true
      this.#trouble = error instanceof HttpError ? error.message : 'the destination was closed'
      return
    }
    const { acks } = membersOfReply(reply)
    if (reply.status === 200 && typeof acks === 'object' && acks !== null) this.#settle(channel, acks)
    else this.#heed(channel, reply)
  }

  /** Nothing may come between a `true` and this: it is said once. Where it is in doubt, the requests under way are waited for. */
  #settle(channel: Channel, acks: object): void {
    this.#trouble = ''
    for (const [ackId, known] of Object.entries(acks)) {
      const outstanding = known === true ? channel.outstanding.get(Number(ackId)) : undefined
      if (!outstanding) continue
      const confirm = (): void => outstanding.settle(outstanding.verdicts)
      // Settled otherwise by then when one of them had no answer, or a number that was given out before.
      if (channel.mayBeAnother(Number(ackId))) void Promise.all(channel.underWay).then(confirm)
      else confirm()
    }
  }

  /** An answer that says nothing about requests. */
  #heed(channel: Channel, reply: HttpReply): void {
    const { code } = saidIn(reply)
    this.#trouble = `the collector answered ${reply.status}: ${excerpt(reply)}`
    if (code === undefined) channel.retired = true
    else if (code === ACK_DISABLED)
      for (const { verdicts, settle } of channel.outstanding.values())
        settle(forAll(verdicts.length, this.#judged(reply)))
    else if (CHANNEL_GONE.has(code)) this.#giveUp(channel, goneReason)
  }

  #expire(channel: Channel): void {
    const now = this.#parts.clock.monotonic()
    for (const { deadline, verdicts, settle } of channel.outstanding.values())
      if (deadline <= now) settle(lost(verdicts, this.#lateReason()))
  }

  #giveUp(channel: Channel, reason: Reason): void {
    for (const { verdicts, settle } of channel.outstanding.values()) settle(lost(verdicts, reason))
    this.#retire(channel)
  }

  #retire(channel: Channel): void {
    channel.retired = true
    if (channel.outstanding.size === 0) this.#channels.delete(channel)
  }

  async #ask(channel: Channel, acks: readonly number[], signal: AbortSignal): Promise<HttpReply> {
    const { http, options, secrets } = this.#parts
    const reply = await http.request(
      {
        method: 'POST',
        url: `${options.url}/services/collector/ack?channel=${channel.id}`,
        headers: { ...options.headers, 'x-splunk-request-channel': channel.id },
        body: Buffer.from(JSON.stringify({ acks })),
      },
      signal,
    )
    return scrubReply(reply, secrets)
  }

  #judged(reply: HttpReply): Verdict {
    return judge(reply, 1, this.#parts.clock.now()).verdicts[0] as Verdict
  }

  #lateReason(): Reason {
    const { options, secrets } = this.#parts
    const heard = this.#trouble === '' ? '' : `; asked for it, ${this.#trouble}`
    const text = `taken, but not acknowledged within ${options.ackTimeoutMs / 1000} s${heard} (slow indexers, or several collectors behind one address without sticky sessions)`
    return { code: 'ack_timeout', text: scrub(text, secrets) }
  }
}

const repeatedReason: Reason = {
  code: 'ack_repeated',
  text: 'the number of an acknowledgement came twice: the collector was restarted, or there are several behind one address (they need sticky sessions, or ack: false)',
}
const doubtfulReason: Reason = {
  code: 'ack_doubtful',
  text: 'the answer to another request was lost, and might have had the same number if the collector was restarted',
}
const goneReason: Reason = {
  code: 'ack_channel',
  text: 'the collector has forgotten the channel of its acknowledgements',
}
const closedReason: Reason = { code: 'ack_unknown', text: 'the destination was closed before this was acknowledged' }

/** What was taken is to be sent again; what was refused stays refused. */
function lost(verdicts: readonly Verdict[], reason: Reason): readonly Verdict[] {
  return verdicts.map((verdict) => (verdict.kind === 'delivered' ? { kind: 'retry', reason } : verdict))
}
