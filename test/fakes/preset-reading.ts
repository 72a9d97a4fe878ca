// Reads a preset of the http source against a fake audit API on loopback, as polling does, and writes down what was asked and what came of it.
import { http } from '../../src/sources/http/index.ts'
import type { HttpSourceOptions } from '../../src/sources/http/options.ts'
import type { PageDraft } from '../../src/sources/page-draft.ts'
import { isWindowed, type SavedCursor, type Source, type Window, type WindowSource } from '../../src/sources/source.ts'
import { answerBytes, type Received, startReceiver } from './http-receiver.ts'
import type { AuditApi } from './preset-server.ts'
import { sourceTools, type TestTools } from './source-tools.ts'
import { TestClock } from './test-clock.ts'

export interface Event {
  readonly event_id: string
  readonly data: unknown
}

interface Read {
  readonly events: readonly Event[]
  /** What tells the versions of each event apart. */
  readonly versions: readonly string[]
  /** Where reading would go on: progress within the window, or the cursor of a feed. */
  readonly at: string | undefined
  /** What it ended with; undefined when it came to its end. */
  readonly error: unknown
}

export class PresetReading {
  readonly tools: TestTools
  readonly url: string
  readonly #receiver: Awaited<ReturnType<typeof startReceiver>>
  readonly #options: HttpSourceOptions
  readonly #open: (Source | WindowSource)[] = []
  #current: Source | WindowSource | undefined
  /** Which request of the API itself is answered with half of its bytes, counted from 1. */
  cutAt = 0
  #asked = 0

  private constructor(
    receiver: Awaited<ReturnType<typeof startReceiver>>,
    options: HttpSourceOptions,
    tools: TestTools,
  ) {
    this.#receiver = receiver
    this.url = receiver.url
    this.#options = options
    this.tools = tools
  }

  /** `options` is what stands in the file; its url and the addresses of tokens are those of the fake. */
  static async start(api: AuditApi, options: (url: string) => object, nowMs: number): Promise<PresetReading> {
    const receiver = await startReceiver()
    const parsed = http.options.parse(options(receiver.url))
    const reading = new PresetReading(
      receiver,
      parsed,
      sourceTools(new TestClock(nowMs), { name: 'audited', type: 'http' }),
    )
    receiver.answer((request) => {
      const answer = api.answer(request, receiver.url)
      if (!isOfApi(request) || ++reading.#asked !== reading.cutAt) return answer
      return { ...answer, cutAt: Math.ceil(answerBytes(answer).length * 0.7) }
    })
    return reading
  }

  /** Another process: what was open is not used any more. */
  restart(): void {
    this.#current = undefined
  }

  #source(): Source | WindowSource {
    return (this.#current ??= this.#opened())
  }

  #opened(): Source | WindowSource {
    const source = http.open(this.#options, this.tools)
    this.#open.push(source)
    return source
  }

  async parts(): Promise<readonly string[]> {
    return (await this.#source().parts?.(new AbortController().signal)) ?? ['']
  }

  /** One window of one part. */
  async window(part: string, window: Window, progress: string | null = null): Promise<Read> {
    const source = this.#source()
    if (!source.readWindow) throw new Error('this preset cannot read windows')
    const events: Event[] = []
    const versions: string[] = []
    let at = progress ?? undefined
    try {
      for await (const page of source.readWindow({ part, window, progress }, new AbortController().signal)) {
        events.push(...eventsOf(page.draft))
        versions.push(...versionsOf(page.draft))
        at = page.progress
      }
      return { events, versions, at, error: undefined }
    } catch (error) {
      return { events, versions, at, error }
    }
  }

  /** One pull of a feed; after `restart` from a saved cursor. */
  async pull(cursor?: string): Promise<Read> {
    const { cursors, ...read } = await this.pullParts(cursor === undefined ? [] : [{ part: '', value: cursor }])
    return { ...read, at: cursors.at(-1)?.value }
  }

  /** One pull of a feed that may have several parts. */
  async pullParts(cursors: readonly SavedCursor[] = []): Promise<Omit<Read, 'at'> & { cursors: SavedCursor[] }> {
    const source = this.#source()
    if (isWindowed(source)) throw new Error('this preset is no feed')
    const events: Event[] = []
    const versions: string[] = []
    const at = new Map(cursors.map(({ part, value }) => [part, value]))
    const saved = () => [...at].map(([part, value]) => ({ part, value }))
    try {
      for await (const page of source.read({ cursors }, new AbortController().signal)) {
        events.push(...eventsOf(page.draft))
        versions.push(...versionsOf(page.draft))
        for (const { part, value } of page.cursors) if (value !== null) at.set(part, value)
      }
      return { events, versions, cursors: saved(), error: undefined }
    } catch (error) {
      return { events, versions, cursors: saved(), error }
    }
  }

  /** What `validate --probe` does. */
  async probe(): Promise<void> {
    await this.#source().probe?.(new AbortController().signal)
  }

  /** How many requests the API itself has had, tokens not counted. */
  get requests(): number {
    return this.#receiver.requests.filter(isOfApi).length
  }

  /** Every request so far, with what is secret or differs from run to run put out. */
  transcript(): string {
    return this.#receiver.requests.map((request) => shown(request, this.url)).join('\n')
  }

  async close(): Promise<void> {
    for (const source of this.#open) await source.close()
    await this.#receiver.close()
  }
}

function eventsOf(draft: PageDraft): Event[] {
  if (draft.quarantined.length > 0) throw new Error(`quarantined: ${JSON.stringify(draft.quarantined)}`)
  return Array.from({ length: draft.count }, (_, index) => JSON.parse(draft.json(index)) as Event)
}

function versionsOf(draft: PageDraft): string[] {
  const { fingerprints } = draft.page()
  return Array.from({ length: draft.count }, (_, index) =>
    Buffer.from(fingerprints.subarray(index * 8, index * 8 + 8)).toString('hex'),
  )
}

function isOfApi({ path }: Received): boolean {
  return !path.endsWith('/token')
}

const unremarkable = new Set(['host', 'connection', 'content-length', 'user-agent', 'accept-encoding'])
const secret = /(?<=^(?:SSWS|Bearer|Token) ).*$|^glpat-.*$/u

function shown({ method, path, headers, body }: Received, url: string): string {
  const { pathname, searchParams } = new URL(path, url)
  const query = [...searchParams].map(([name, value]) => `  ?${name}=${cursorShown(value)}`)
  const said = Object.entries(headers)
    .filter(([name, value]) => !unremarkable.has(name) && !(name === 'accept' && value.includes('q=')))
    .map(([name, value]) => `  ${name}: ${value.replace(secret, '***')}`)
  const form =
    body.length === 0
      ? []
      : headers['content-type'] === 'application/json'
        ? [`  ${body.toString().replaceAll(/(?<="cursor":")[^"]*/gu, cursorShown)}`]
        : [...new URLSearchParams(body.toString())].map(([name, value]) => `  ${name}=${hidden(name, value, url)}`)
  return [`${method} ${pathname}`, ...query, ...said, ...form].join('\n')
}

function hidden(name: string, value: string, url: string): string {
  return /secret|assertion/u.test(name) ? '***' : value.replaceAll(url, 'https://FAKE')
}

/** The fakes' own cursors, readable. */
function cursorShown(value: string): string {
  const text = Buffer.from(value, 'base64url').toString()
  return /^after:\d+$/u.test(text) ? `<${text}>` : value
}
