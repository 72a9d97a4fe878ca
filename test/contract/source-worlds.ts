// For each kind of source a small world that it reads: the contract suite fills it and does not know what it is made of.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Window } from '../../src/sources/source.ts'
import { type Answer, type Received, startReceiver } from '../fakes/http-receiver.ts'
import { FakeZitadel } from '../fakes/zitadel.ts'
import { type AuditRecord, FakeZuora } from '../fakes/zuora.ts'

export interface SourceWorld {
  /** As in YAML. */
  readonly options: unknown
  /** Makes records appear, one for each id. */
  add(ids: readonly string[]): void
  /** Makes bytes appear as they are. */
  addRaw(bytes: Uint8Array): void
  remove(): void | Promise<void>
}

/** Of a source that is read in windows. */
export interface WindowWorld {
  /** As in YAML. */
  readonly options: unknown
  /** Source time in which all records are. */
  readonly window: Window
  /** Makes so many more records appear, some of one time; gives the ids of their events. */
  add(count: number): string[]
  /** Whatever is asked, this is the answer; undefined: as usual again. */
  answer(status: number, body: Uint8Array | undefined): void
  remove(): Promise<void>
}

function outboxWorld(): SourceWorld {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'source-'))
  const file = (index: number): string => path.join(folder, `${index}.jsonl`)
  return {
    options: { path: path.join(folder, '*.jsonl') },
    add: (ids) => {
      for (const [index, id] of ids.entries()) fs.appendFileSync(file(index % 3), `${record(id)}\n`)
    },
    addRaw: (bytes) => fs.appendFileSync(file(0), bytes),
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  }
}

function spoolWorld(): SourceWorld {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'source-'))
  let count = 0
  const drop = (bytes: string | Uint8Array): void => {
    const name = `${count++}.json`
    fs.writeFileSync(path.join(folder, `.${name}`), bytes)
    fs.renameSync(path.join(folder, `.${name}`), path.join(folder, name))
  }
  return {
    options: { path: folder, on_done: 'delete' },
    add: (ids) => drop(ids.map((id) => `${record(id)}\n`).join('')),
    addRaw: drop,
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  }
}

function record(id: string): string {
  return JSON.stringify({ event_id: id, event_type: 'a.b', occurred_at: '2026-05-17T08:00:00Z', data: { id } })
}

async function zitadelWorld(): Promise<WindowWorld> {
  const fake = await FakeZitadel.start()
  const to = Math.floor(fake.now / 1000)
  const from = to - 3_600_000
  let count = 0
  return {
    options: { url: fake.url, auth: { token: fake.token() }, instance: 'contract', payload: 'all' },
    window: { from, to },
    add: (more) =>
      Array.from({ length: more }, () => {
        const at = (from + (count % 60) * 60_000 + Math.floor(count / 180)) * 1000
        const { sequence } = fake.table.add({ createdAt: at, aggregateId: `${count}`, payload: `{"count":${count}}` })
        return `contract|user|${count++}|${sequence}`
      }),
    answer: (status, body) => void (fake.instead = body && (() => ({ status, body }))),
    remove: () => fake.close(),
  }
}

/** An API as many are: a range of time, and a token for the next page. */
async function apiWorld(): Promise<WindowWorld> {
  const receiver = await startReceiver()
  const to = Date.UTC(2026, 4, 17, 8)
  const from = to - 3_600_000
  const records: { readonly id: string; readonly type: string; readonly at: string }[] = []
  let instead: Answer | undefined
  receiver.answer((request) => instead ?? { body: pageOf(records, request) })
  return {
    options: {
      url: receiver.url,
      request: { path: '/logs', query: { from: '{{from}}', to: '{{to}}' } },
      time: { format: 'rfc3339_ms', bounds: 'half_open' },
      page: { type: 'token', next: 'body.next', into: 'query.cursor' },
      records: { at: 'body.events' },
      event: { event_id: 'id', event_type: 'type', occurred_at: 'at' },
    },
    window: { from, to },
    add: (more) =>
      Array.from({ length: more }, () => {
        const at = new Date(from + (records.length % 60) * 60_000 + Math.floor(records.length / 180))
        const id = `r${records.length}`
        records.push({ id, type: 'a.b', at: at.toISOString() })
        return id
      }),
    answer: (status, body) => void (instead = body && { status, body }),
    remove: () => receiver.close(),
  }
}

function pageOf(records: readonly { readonly at: string }[], { path: asked }: Received): string {
  const query = new URL(asked, 'http://api').searchParams
  const inside = records.filter(({ at }) => at >= (query.get('from') ?? '') && at < (query.get('to') ?? ''))
  const start = Number(query.get('cursor') ?? 0)
  const next = start + 1000 < inside.length ? String(start + 1000) : null
  return JSON.stringify({ events: inside.slice(start, start + 1000), next })
}

/** The audit logs of OneID; the audit trail by Data Query is one page for each window, and waits by the clock. */
async function zuoraWorld(): Promise<WindowWorld> {
  const fake = await FakeZuora.start()
  const to = Date.UTC(2026, 4, 17, 8)
  const from = to - 3_600_000
  const rows: AuditRecord[] = []
  fake.logs.set('global-logins', rows)
  return {
    options: fake.options({ logs: ['global-logins'], audit_logs: { logins: { event_id: 'key' } } }),
    window: { from, to },
    add: (more) =>
      Array.from({ length: more }, () => {
        const at = new Date(from + (rows.length % 60) * 60_000 + Math.floor(rows.length / 180))
        const key = `z${rows.length}`
        rows.push({ key, timestamp: at.toISOString(), username: 'ann' })
        return key
      }),
    answer: (status, body) => void (fake.instead = body && (() => ({ status, body }))),
    remove: () => fake.close(),
  }
}

/** An API with a cursor in the order in which it stored what it has, one record a line. */
async function feedWorld(): Promise<SourceWorld> {
  const receiver = await startReceiver()
  let stored = Buffer.alloc(0)
  const add = (bytes: Uint8Array): void => void (stored = Buffer.concat([stored, bytes]))
  receiver.answer(({ path: asked }) => {
    const from = Number(new URL(asked, 'http://api').searchParams.get('cursor') ?? 0)
    let to = from
    for (let lines = 0; lines < 400 && to < stored.length; lines++) to = stored.indexOf(0x0a, to) + 1 || stored.length
    return { body: stored.subarray(from, to), headers: { 'x-next': String(to) } }
  })
  return {
    options: {
      url: receiver.url,
      mode: 'feed',
      request: { path: '/feed' },
      page: { type: 'token', next: 'header.x-next', into: 'query.cursor' },
      records: { decode: 'ndjson' },
      event: { event_id: 'event_id', event_type: 'event_type', occurred_at: 'occurred_at' },
    },
    add: (ids) => add(Buffer.from(ids.map((id) => `${record(id)}\n`).join(''))),
    addRaw: add,
    remove: () => receiver.close(),
  }
}

/** A new kind brings a world here; the suite fails until it does. */
export const WORLDS: Readonly<Record<string, Readonly<Record<string, () => SourceWorld | Promise<SourceWorld>>>>> = {
  http: { 'a feed of lines': feedWorld },
  outbox: { 'growing files': outboxWorld, 'a spool folder': spoolWorld },
}

/** The same for kinds that are read in windows. */
export const WINDOW_WORLDS: Readonly<Record<string, Readonly<Record<string, () => Promise<WindowWorld>>>>> = {
  http: { 'a range and a token': apiWorld },
  zitadel: { 'an instance': zitadelWorld },
  zuora: { 'audit logs': zuoraWorld },
}
