// Tries a source of a file against answers that a test gives, on a clock that stands still.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { nextStep } from '../../../../src/cli/sources-try/advice.ts'
import { reportJson } from '../../../../src/cli/sources-try/json.ts'
import type { TryRequest } from '../../../../src/cli/sources-try/reading.ts'
import { reportLines } from '../../../../src/cli/sources-try/render.ts'
import { type Report, reportOf } from '../../../../src/cli/sources-try/report.ts'
import { trySource } from '../../../../src/cli/sources-try/try-source.ts'
import { paintFor } from '../../../../src/cli/paint.ts'
import { openSourceFile } from '../../../../src/config/source-file.ts'
import type { HttpReply, HttpRequest } from '../../../../src/runtime/http.ts'
import { SOURCE_KINDS } from '../../../../src/sources/index.ts'

export const NOW = Date.UTC(2026, 4, 17, 8, 0, 0)
const clock = { now: () => NOW, monotonic: () => 0, sleep: () => Promise.resolve() }

interface Given {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export type Answering = (request: HttpRequest, index: number) => Given

/** An answer as a server gives it: JSON unless it is a text. */
function replyOf({ status = 200, headers = {}, body = '' }: Given): HttpReply {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const all = { date: new Date(NOW).toUTCString(), 'content-type': 'application/json', ...headers }
  return { status, headers: all, body: Buffer.from(text), truncated: false }
}

/** A file of these contents; gone when the test is over, by `remove`. */
function fileOf(content: unknown, name = 'audit-relay.yaml'): { readonly file: string; readonly remove: () => void } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'audit-relay-sources-try-'))
  const file = path.join(folder, name)
  fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return { file, remove: () => fs.rmSync(folder, { recursive: true }) }
}

const usual: TryRequest = { from: undefined, to: undefined, part: undefined, pages: 1, mostShown: 1 }

export async function tried(
  definition: object,
  answering: Answering,
  { env = {}, ...request }: Partial<TryRequest> & { readonly env?: Record<string, string> } = {},
): Promise<Report> {
  const { file, remove } = fileOf({ sources: { acme: definition } })
  try {
    const source = openSourceFile(file, SOURCE_KINDS, env).read('acme')
    let index = 0
    const open = () => ({
      request: (asked: HttpRequest) => Promise.resolve(replyOf(answering(asked, index++))),
      close: () => Promise.resolve(),
    })
    return reportOf(source, await trySource(source, { ...usual, ...request }, { clock, open }))
  } finally {
    remove()
  }
}

const plain = { showBody: false, isDefinition: false }

export function shown(report: Report, width: number | undefined, showBody = false): string {
  const look = { paint: paintFor({ colour: 0 }), width, showBody }
  return `${reportLines(report, nextStep(report, { ...plain, showBody }), look).join('\n')}\n`
}

export function asJson(report: Report): string {
  return reportJson(report, nextStep(report, plain), true)
}

/** A made-up API that lists events by time, with a link to the next page. */
export const acme = {
  type: 'http',
  url: 'https://api.acme.example/v2',
  auth: { type: 'bearer', token: '${TOKEN}' },
  request: { path: '/audit', query: { start: '{{from}}', end: '{{to}}', limit: 3 } },
  page: { type: 'link' },
  records: { at: 'body.data' },
  event: {
    event_id: 'uid',
    event_type: 'verb',
    occurred_at: 'ts',
    'actor.id': 'user.id',
    outcome: { path: 'ok', map: { true: 'success', false: 'failure' } },
  },
}

export function record(number: number, minute: number, more: object = {}): object {
  const ts = new Date(Date.UTC(2026, 4, 17, 7, minute)).toISOString()
  return { uid: `ev_${number}`, verb: 'login.failed', ts, ok: false, user: { id: `u${number}` }, ...more }
}
