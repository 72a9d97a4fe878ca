// The reading port, in the caller's thread and in a thread of its own: the same pages, errors and hand-overs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startReaderThread } from '../../src/cli/reader-thread.ts'
import type { SourceConfig } from '../../src/config/config.ts'
import { compileFilter } from '../../src/filters/compile.ts'
import { SetupError } from '../../src/model/errors.ts'
import { Identity } from '../../src/model/identity.ts'
import { eventBytes } from '../../src/model/page.ts'
import type { EncodedPage } from '../../src/polling/page-encoder.ts'
import { openReader, type OpenReader } from '../../src/polling/reader.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { SOURCE_KINDS } from '../../src/sources/index.ts'
import type { SavedCursor, SourceKind } from '../../src/sources/source.ts'

const secret = new Uint8Array(32).fill(3)
const folder = mkdtempSync(join(tmpdir(), 'reader-'))
const routes = [{ destination: 'failures', sources: null, filter: { outcome: 'failure' as const } }]
const outbox = SOURCE_KINDS.find(({ type }) => type === 'outbox') as SourceKind

function sourceOf(name: string, path: string): SourceConfig {
  const options = () => {
    if (path === '') throw new SetupError('the environment variable NOWHERE is not set')
    return outbox.options.parse({ path })
  }
  return { name, type: 'outbox', kind: outbox, everyMs: 50, options }
}

const many = join(folder, 'many.jsonl')
writeFileSync(many, Array.from({ length: 20_000 }, (_, n) => line(n)).join(''))
const sources = [sourceOf('many', many), sourceOf('broken', '')]
const thread = startReaderThread({ secret, routes }, sources)
afterAll(async () => {
  await thread.stop()
  rmSync(folder, { recursive: true })
})

const inline: OpenReader = (name, cursors, notice) => {
  const source = sources.find((candidate) => candidate.name === name) as SourceConfig
  const own = routes.map(({ destination, filter }) => ({ destination, filter: compileFilter(filter) }))
  return Promise.resolve().then(() =>
    openReader({ ...source, routes: own, identity: new Identity(secret), clock: systemClock }, cursors, notice),
  )
}

describe.each([
  ['inline', inline],
  ['in its thread', thread.open],
] as const)('%s', (_, open) => {
  it('reads everything, filtered, in order', async () => {
    const reader = await open('many', [], () => {})
    const pages = await all(reader.read(new AbortController().signal))
    expect(pages.flatMap((page) => idsOf(page))).toEqual(Array.from({ length: 20_000 }, (__, n) => `e${n}`))
    expect(pages.reduce((sum, { routing }) => sum + (routing[0]?.matched ?? 0), 0)).toBe(10_000)
    expect(await all(reader.read(new AbortController().signal))).toEqual([])
    await reader.close()
  })

  it('left in the middle and opened again at the cursor of the last page taken, it gives exactly the rest', async () => {
    const seen: string[] = []
    let cursors: SavedCursor[] = []
    for (let life = 0; seen.length < 20_000; life++) {
      expect(life).toBeLessThan(50)
      const reader = await open('many', cursors, () => {})
      let taken = 0
      for await (const page of reader.read(new AbortController().signal)) {
        seen.push(...idsOf(page))
        cursors = page.cursors.map(({ part, value }) => ({ part, value: value as string }))
        if (++taken === 3) break
      }
      await reader.close()
    }
    expect(seen).toEqual(Array.from({ length: 20_000 }, (__, n) => `e${n}`))
  })

  it('stops when it is told to, in order, with nothing left out before that', async () => {
    const reader = await open('many', [], () => {})
    const stop = new AbortController()
    const before: string[] = []
    const reading = async () => {
      for await (const page of reader.read(stop.signal)) {
        before.push(...idsOf(page))
        stop.abort()
      }
    }
    // In the caller's thread a source may say so by throwing the signal's own reason; nothing else may be thrown.
    await reading().catch((error: unknown) => expect(error).toBe(stop.signal.reason))
    expect(before.length).toBeGreaterThan(0)
    expect(before.length).toBeLessThan(20_000)
    expect(before).toEqual(Array.from({ length: before.length }, (__, n) => `e${n}`))
    await reader.close()
  })

  it('stops also when it is told to before it has begun', async () => {
    for (const isBefore of [true, false]) {
      const reader = await open('many', [], () => {})
      const stop = new AbortController()
      if (isBefore) stop.abort()
      const reading = all(reader.read(stop.signal)).catch((error: unknown) => {
        expect(error).toBe(stop.signal.reason)
        return []
      })
      stop.abort()
      const pages = await reading
      expect(pages.flatMap((page) => idsOf(page)).length).toBeLessThan(20_000)
      await reader.close()
    }
  })

  it('a source that cannot be set up says why', async () => {
    await expect(open('broken', [], () => {})).rejects.toThrow(SetupError)
    await expect(open('broken', [], () => {})).rejects.toThrow('NOWHERE')
  })
})

function line(n: number): string {
  const outcome = n % 2 ? 'failure' : 'success'
  return `{"event_id":"e${n}","event_type":"t","occurred_at":"2026-05-17T08:00:00Z","outcome":"${outcome}"}\n`
}

function idsOf({ page }: EncodedPage): string[] {
  return Array.from({ length: page.count }, (_, index) => {
    const event = JSON.parse(Buffer.from(eventBytes(page, index)).toString()) as { event_id: string }
    return event.event_id
  })
}

async function all(pages: AsyncIterable<EncodedPage>): Promise<EncodedPage[]> {
  const found: EncodedPage[] = []
  for await (const page of pages) found.push(page)
  return found
}
