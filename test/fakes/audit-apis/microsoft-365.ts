// The Management Activity API, from "Office 365 Management Activity API reference" (learn.microsoft.com): a subscription must have been
// started; a listing spans 24 hours at most and 7 days back, by the time when content became available; a header leads to its next page.
import { FakeEntra } from '../entra.ts'
import type { Answer, Received } from '../http-receiver.ts'
import { askedOf, type AuditApi, cursorOffset, cursorText, json } from '../preset-server.ts'

export interface Blob {
  readonly contentType: string
  readonly contentId: string
  readonly contentCreated: string
  readonly contentExpiration: string
  readonly events: readonly object[]
}

const DAY = 86_400_000
const contentTypes = ['Audit.AzureActiveDirectory', 'Audit.Exchange', 'Audit.SharePoint', 'Audit.General', 'DLP.All']
/** The three documented forms, all UTC. */
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?)?$/u

export class FakeMicrosoft365 implements AuditApi {
  readonly entra = new FakeEntra('s3cret', 'https://manage.office.com')
  readonly #blobs: readonly Blob[]
  readonly #now: number
  readonly #pageSize: number
  /** Content types whose subscription was started. */
  readonly started = new Set(contentTypes)
  /** How often a start was asked for, by content type. */
  readonly starts = new Map<string, number>()
  /** Content that has expired between the listing and the fetch. */
  readonly expired = new Set<string>()

  constructor(blobs: readonly Blob[], now: number, pageSize = 1) {
    this.#blobs = blobs
    this.#now = now
    this.#pageSize = pageSize
  }

  answer(request: Received, url: string): Answer {
    const token = this.entra.answer(request)
    if (token) return token
    const { path, query, headers } = askedOf(request)
    const root = `/api/v1.0/${this.entra.tenant}/activity/feed`
    if (!this.entra.good.has((headers['authorization'] ?? '').replace(/^Bearer /u, '')))
      return json({ Message: 'Authorization has been denied for this request.' }, {}, 401)
    if (!path.startsWith(`${root}/`))
      return fault('AF20010', 'The tenant ID passed in the URL does not match the tenant ID passed in the access token')
    if (path.startsWith(`${root}/audit/`)) return this.#content(decodeURIComponent(path.slice(`${root}/audit/`.length)))
    if (path === `${root}/subscriptions/start` && request.method === 'POST')
      return this.#start(query.get('contentType') ?? '')
    return path === `${root}/subscriptions/content`
      ? this.#listing(query, `${url}${root}`)
      : fault('AF20020', 'no such operation', 404)
  }

  #listing(query: URLSearchParams, root: string): Answer {
    const type = query.get('contentType') ?? ''
    if (!contentTypes.includes(type)) return fault('AF20020', 'The specified content type is not valid.')
    if (!this.started.has(type)) return fault('AF20022', 'No subscription found for the specified content type.')
    const [from, to] = [utc(query.get('startTime')), utc(query.get('endTime'))]
    if (Number.isNaN(from) || Number.isNaN(to))
      return fault('AF20002', 'Invalid parameter type: startTime. Expected type: datetime')
    if (to - from > DAY || from < this.#now - 7 * DAY)
      return fault(
        'AF20030',
        'Start time and end time must both be specified (or both omitted) and must be less than or equal to 24 hours apart, with the start time no more than 7 days in the past.',
      )
    const next = query.get('nextPage')
    const offset = next === null ? 0 : cursorOffset(next)
    if (offset === undefined) return fault('AF20031', `Invalid nextPage Input: ${next}.`)
    const found = this.#blobs.filter(
      ({ contentType, contentCreated }) =>
        contentType === type && Date.parse(contentCreated) >= from && Date.parse(contentCreated) < to,
    )
    const end = offset + this.#pageSize
    const listed = found
      .slice(offset, end)
      .map((blob) => ({ ...blob, events: undefined, contentUri: `${root}/audit/${blob.contentId}` }))
    if (end >= found.length) return json(listed)
    const onward = new URLSearchParams(query)
    onward.set('nextPage', cursorText(end))
    return json(listed, { NextPageUri: `${root}/subscriptions/content?${onward}` })
  }

  /** That a start is refused when it is asked for again soon is from elastic/integrations, pull request 15476. */
  #start(type: string): Answer {
    if (!contentTypes.includes(type)) return fault('AF20020', 'The specified content type is not valid.')
    const before = this.starts.get(type) ?? 0
    this.starts.set(type, before + 1)
    if (before > 0)
      return json(
        { message: 'Too many frequent subscription start requests. Please retry again after 14m 56s' },
        {},
        429,
      )
    if (this.started.has(type)) return fault('AF20024', 'The subscription is already enabled. No property change.')
    this.started.add(type)
    return json({ contentType: type, status: 'enabled', webhook: null })
  }

  #content(id: string): Answer {
    const blob = this.#blobs.find(({ contentId }) => contentId === id)
    if (!blob) return fault('AF20050', `The specified content (${id}) does not exist.`)
    if (this.expired.has(id))
      return fault(
        'AF20051',
        `Content requested with the key ${id} has already expired. Content older than 7 days cannot be retrieved.`,
      )
    return json(blob.events)
  }
}

function utc(text: string | null): number {
  if (text === null || !TIME.test(text)) return NaN
  return Date.parse(text.length === 10 ? text : `${text}Z`)
}

function fault(code: string, message: string, status = 400): Answer {
  return json({ error: { code, message } }, {}, status)
}
