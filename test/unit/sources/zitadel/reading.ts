// Reads windows of a ZITADEL instance on loopback as polling does: page by page, from the progress of the last.
import { createHttpClient } from '../../../../src/runtime/http-client.ts'
import type { Window, WindowSource } from '../../../../src/sources/source.ts'
import { zitadel } from '../../../../src/sources/zitadel/index.ts'
import { sourceTools, type TestTools } from '../../../fakes/source-tools.ts'
import { TestClock } from '../../../fakes/test-clock.ts'
import type { FakeZitadel } from '../../../fakes/zitadel.ts'

export interface Reading {
  readonly source: WindowSource
  readonly tools: TestTools
}

export function open(fake: FakeZitadel, options: object = {}, bodyBytes?: number): Reading {
  const tools = { ...sourceTools(new TestClock(), { name: 'zitadel-prod', type: 'zitadel' }) }
  if (bodyBytes !== undefined)
    tools.http = (given = {}) => createHttpClient({ ...given, inFlight: 1, timeoutMs: 10_000, bodyBytes })
  const given = zitadel.options.parse({ url: fake.url, auth: { token: fake.token() }, instance: 'acme', ...options })
  return { source: zitadel.open(given, tools), tools }
}

export interface ReadPage {
  readonly events: readonly MappedEvent[]
  readonly quarantined: readonly {
    readonly reason: string
    readonly detail: string
    readonly place: string
    readonly bytes: string
  }[]
  readonly progress: string | undefined
  readonly last: boolean
}

interface MappedEvent {
  readonly event_id: string
  readonly event_type: string
  readonly occurred_at: string
  readonly outcome: string
  readonly actor?: { readonly kind: string; readonly id: string; readonly label?: string }
  readonly context?: { readonly ip?: string; readonly user_agent?: string }
  readonly data: { readonly sequence: string; readonly payload?: unknown }
}

export async function readPages(
  source: WindowSource,
  window: Window,
  progress: string | null = null,
  signal = new AbortController().signal,
): Promise<ReadPage[]> {
  const pages: ReadPage[] = []
  for await (const page of source.readWindow({ part: '', window, progress }, signal)) {
    const { draft } = page
    pages.push({
      events: Array.from({ length: draft.count }, (_, index) => JSON.parse(draft.json(index)) as MappedEvent),
      quarantined: draft.quarantined.map((one) => ({ ...one, bytes: Buffer.from(one.bytes).toString() })),
      progress: page.progress,
      last: page.last ?? false,
    })
  }
  return pages
}

export async function readIds(
  source: WindowSource,
  window: Window,
  progress: string | null | undefined = null,
): Promise<string[]> {
  return (await readPages(source, window, progress ?? null)).flatMap(({ events }) =>
    events.map(({ event_id }) => event_id),
  )
}
