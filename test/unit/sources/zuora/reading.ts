// Reads windows of a Zuora on loopback as polling does.
import { onTestFinished } from 'vitest'
import type { SourceError, WindowError } from '../../../../src/model/errors.ts'
import type { Window, WindowSource } from '../../../../src/sources/source.ts'
import { zuora } from '../../../../src/sources/zuora/index.ts'
import { sourceTools, type TestTools } from '../../../fakes/source-tools.ts'
import { TestClock } from '../../../fakes/test-clock.ts'
import { type AuditRecord, FakeZuora } from '../../../fakes/zuora.ts'

export const hour: Window = { from: Date.UTC(2026, 4, 17, 7), to: Date.UTC(2026, 4, 17, 8) }
export const never = new AbortController().signal

interface MappedEvent {
  readonly event_id: string
  readonly event_type: string
  readonly outcome?: string
  readonly tenant?: { readonly id: string }
  readonly data: Readonly<Record<string, unknown>>
}

export interface Drained {
  readonly events: MappedEvent[]
  readonly fingerprints: string[]
  readonly progress: (string | undefined)[]
  readonly error: SourceError | WindowError | undefined
}

export interface Opened {
  readonly fake: FakeZuora
  readonly clock: TestClock
  readonly tools: TestTools
  readonly source: WindowSource
}

export async function startFake(): Promise<FakeZuora> {
  const fake = await FakeZuora.start()
  onTestFinished(() => fake.close())
  return fake
}

export async function open(more: object, fake?: FakeZuora): Promise<Opened> {
  const zuoraFake = fake ?? (await startFake())
  const clock = new TestClock()
  const tools = sourceTools(clock, { name: 'billing', type: 'zuora' })
  const hosts = [new URL(zuoraFake.queries.files.url).host]
  const { data_query: query = {}, ...rest } = more as { data_query?: object }
  const given = zuora.options.parse(zuoraFake.options({ ...rest, data_query: { hosts, ...query } }))
  const source = zuora.open(given, tools)
  onTestFinished(() => source.close())
  return { fake: zuoraFake, clock, tools, source }
}

/** Reads a window to its end, or to the first failure. */
export async function drain(
  source: WindowSource,
  part: string,
  { window = hour, progress = null as string | null } = {},
): Promise<Drained> {
  const drained = { events: [] as MappedEvent[], fingerprints: [] as string[], progress: [] as (string | undefined)[] }
  try {
    for await (const page of source.readWindow({ part, window, progress }, never)) {
      const { draft } = page
      if (draft.quarantined.length > 0) throw new Error(JSON.stringify(draft.quarantined))
      for (let index = 0; index < draft.count; index++)
        drained.events.push(JSON.parse(draft.json(index)) as MappedEvent)
      drained.fingerprints.push(Buffer.from(draft.page().fingerprints).toString('hex'))
      drained.progress.push(page.progress)
    }
    return { ...drained, error: undefined }
  } catch (error) {
    return { ...drained, error: error as SourceError | WindowError }
  }
}

export function idsOf({ events }: Pick<Drained, 'events'>): string[] {
  return events.map(({ event_id: id }) => id)
}

/** A login of OneID, `minute` minutes into the hour. */
export function login(minute: number, more: object = {}): AuditRecord {
  return {
    timestamp: new Date(hour.from + minute * 60_000).toISOString(),
    username: `user-${minute}`,
    userEmail: `user-${minute}@acme.example`,
    status: 'Success',
    authType: 'SSO',
    ipAddress: '203.0.113.7',
    ...more,
  }
}
