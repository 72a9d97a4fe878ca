// An open destination: sends batches to a collector and, where acknowledgements are wanted, hands out promises of them.
import type { Batch } from '../../model/batch.ts'
import { forAll, type Outcome, type Reason, type Verdict } from '../../model/verdict.ts'
import { type HttpClient, HttpError, type HttpReply } from '../../runtime/http.ts'
import type { Destination, Tools } from '../destination.ts'
import { scrubVerdict, unanswered } from '../http-destination.ts'
import { pauseMsOf } from '../../runtime/rate-limit.ts'
import { excerpt, scrubReply, secretForms } from '../../runtime/scrub.ts'
import { Acknowledgements } from './acknowledgements.ts'
import type { Channel } from './channel.ts'
import { HEALTHY } from './codes.ts'
import { encode } from './encode.ts'
import { judge, type Judgement, saidIn } from './judge.ts'
import type { SplunkHecOptions } from './options.ts'

export class Collector implements Destination {
  readonly #options: SplunkHecOptions
  readonly #tools: Tools
  readonly #http: HttpClient
  readonly #secrets: readonly string[]
  readonly #acks: Acknowledgements | undefined
  /** Whether the token gives acknowledgements has not been seen. */
  #doubtful = true

  constructor(options: SplunkHecOptions, tools: Tools) {
    this.#options = options
    this.#tools = tools
    this.#http = tools.http(options.connection)
    this.#secrets = secretForms(options.secrets)
    const { clock, random } = tools
    if (options.ack)
      this.#acks = new Acknowledgements({ http: this.#http, clock, random, options, secrets: this.#secrets })
  }

  async send(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    signal.throwIfAborted()
    try {
      if (!this.#acks) return await this.#deliver(batch, signal)
      const refusal = this.#doubtful ? await this.#acks.refusal(signal) : undefined
      if (refusal) return { verdicts: forAll(batch.events.length, refusal) }
      return await this.#deliverInto(this.#acks.channel(), this.#acks, batch, signal)
    } catch (error) {
      return unanswered(error, batch, this.#secrets)
    }
  }

  /** It proves that the collector is there and well, and nothing about the index. */
  async probe(signal: AbortSignal): Promise<void> {
    const { url, headers } = this.#options
    const request = { method: 'GET', url: `${url}/services/collector/health`, headers } as const
    const reply = scrubReply(await this.#http.request(request, signal), this.#secrets)
    const { code } = saidIn(reply)
    const well = code === undefined ? reply.status === 200 : HEALTHY.has(code)
    if (!well)
      throw new HttpError('broken', `the collector is not well: it answered ${reply.status}: ${excerpt(reply)}`)
  }

  async close(): Promise<void> {
    await this.#acks?.close()
    await this.#http.close()
  }

  async #deliver(batch: Batch, signal: AbortSignal): Promise<Outcome> {
    const { verdicts, pauseMs } = this.#judged(await this.#ask(batch, signal), batch)
    return { verdicts, ...(pauseMs !== undefined && { pauseMs }) }
  }

  async #deliverInto(channel: Channel, acks: Acknowledgements, batch: Batch, signal: AbortSignal): Promise<Outcome> {
    const done = channel.begin()
    try {
      return await this.#exchange(channel, acks, batch, signal)
    } finally {
      done()
    }
  }

  async #exchange(channel: Channel, acks: Acknowledgements, batch: Batch, signal: AbortSignal): Promise<Outcome> {
    let reply: HttpReply
    try {
      reply = await this.#ask(batch, signal, channel)
    } catch (error) {
      acks.unanswered(channel)
      throw error
    }
    if (saidIn(reply).code === undefined) acks.unanswered(channel)
    const { verdicts, pauseMs, ackId } = this.#judged(reply, batch)
    const pause = pauseMs === undefined ? {} : { pauseMs }
    if (ackId !== undefined) {
      this.#doubtful = false
      return { confirmation: acks.confirmation(channel, ackId, verdicts, signal), ...pause }
    }
    if (verdicts.every(({ kind }) => kind === 'delivered')) {
      this.#doubtful = true
      return { verdicts: forAll(verdicts.length, { kind: 'halt', reason: missing(reply) }) }
    }
    return { verdicts: verdicts.map((verdict) => (verdict.kind === 'delivered' ? unconfirmed : verdict)), ...pause }
  }

  async #ask(batch: Batch, signal: AbortSignal, channel?: Channel): Promise<HttpReply> {
    const request = await encode(batch, this.#options, channel?.id)
    return scrubReply(await this.#http.request(request, signal), this.#secrets)
  }

  #judged(reply: HttpReply, batch: Batch): Judgement {
    const nowMs = this.#tools.clock.now()
    const judgement = judge(reply, batch.events.length, nowMs)
    const pauseMs = judgement.pauseMs ?? pauseMsOf(reply, nowMs)
    const verdicts = judgement.verdicts.map((verdict) => scrubVerdict(verdict, this.#secrets))
    return { ...judgement, verdicts, ...(pauseMs !== undefined && { pauseMs }) }
  }
}

function missing({ status }: HttpReply): Reason {
  return {
    code: 'ack_missing',
    text: `the collector took the events without a number to ask about (enable indexer acknowledgement for the token, or set ack: false)`,
    status,
  }
}

/** The collector stored it, but refused the request that it came in, and acknowledges none of that. */
const unconfirmed: Verdict = {
  kind: 'retry',
  reason: { code: 'ack_none', text: 'taken in a request that was refused, and therefore never acknowledged' },
  untried: true,
}
