// 1Password's Events API, from "1Password Events API reference", "Pagination" and "Rate limits" (developer.1password.com): a reset cursor
// first, then the continuing cursor alone; every answer has one; three endpoints, each for a feature of the token.
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, cursorOffset, cursorText, json, timeOf } from '../preset-server.ts'

export interface OnePasswordRecord {
  readonly uuid: string
  readonly timestamp: string
  readonly category?: string
  readonly item_uuid?: string
}

type Body = Readonly<Record<string, unknown>>

export class FakeOnePassword implements AuditApi {
  readonly #records: readonly OnePasswordRecord[]
  readonly #pageSize: number
  /** How many of the records are there yet. */
  shown: number
  features: readonly string[] = ['auditevents', 'signinattempts', 'itemusages']
  /** Cursors given so far are no longer good. */
  forgetful = false
  limited = false

  constructor(records: readonly OnePasswordRecord[], pageSize = 1) {
    this.#records = records
    this.shown = records.length
    this.#pageSize = pageSize
  }

  answer(request: Received): Answer {
    const { path, headers } = askedOf(request)
    const feature = /^\/api\/v2\/(auditevents|signinattempts|itemusages)$/u.exec(path)?.[1]
    if (feature === undefined || request.method !== 'POST') return fault(404, 'Not found')
    if (headers['authorization'] !== 'Bearer op-token' || !this.features.includes(feature))
      return fault(401, 'Unauthorized access')
    if (headers['content-type'] !== 'application/json') return fault(400, 'Bad request')
    if (this.limited) return fault(429, 'Too many requests')
    const body = JSON.parse(request.body.toString()) as Body
    const stored = this.#records.slice(0, this.shown).filter((record) => featureOf(record) === feature)
    return 'cursor' in body ? this.#goOn(body, stored) : this.#begin(body, stored)
  }

  #begin(
    { limit = 100, start_time: start, end_time: end, ...rest }: Body,
    stored: readonly OnePasswordRecord[],
  ): Answer {
    this.forgetful = false
    const from = timeOf(typeof start === 'string' ? start : null)
    const to = end === undefined ? Infinity : timeOf(typeof end === 'string' ? end : null)
    const size = Number(limit)
    if (Number.isNaN(from) || Number.isNaN(to) || !(size >= 1 && size <= 1000) || Object.keys(rest).length > 0)
      return fault(400, 'Bad request')
    const first = stored.findIndex(({ timestamp }) => Date.parse(timestamp) > from)
    return this.#page(stored, first < 0 ? stored.length : first, to)
  }

  #goOn({ cursor, ...rest }: Body, stored: readonly OnePasswordRecord[]): Answer {
    const [place = '', end] = String(cursor).split('.')
    const offset = this.forgetful ? undefined : cursorOffset(place)
    if (offset === undefined || Object.keys(rest).length > 0) return fault(400, 'Bad request')
    return this.#page(stored, offset, end === undefined ? Infinity : Number(end))
  }

  #page(stored: readonly OnePasswordRecord[], offset: number, to: number): Answer {
    const there = stored.filter(({ timestamp }) => Date.parse(timestamp) < to)
    const until = Math.min(there.length, offset + this.#pageSize)
    const cursor = `${cursorText(until)}${to === Infinity ? '' : `.${to}`}`
    return json({ cursor, has_more: until < there.length, items: there.slice(offset, until) })
  }
}

function featureOf({ category, item_uuid: item }: OnePasswordRecord): string {
  return category === undefined ? (item === undefined ? 'auditevents' : 'itemusages') : 'signinattempts'
}

function fault(status: number, message: string): Answer {
  return json({ status, message, timestamp: '2020-06-11T16:32:50-03:00' }, {}, status)
}
