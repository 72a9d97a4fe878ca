// What every kind of destination promises, whatever it speaks. The suite runs over the registry: a kind without a stage here
// fails. A stage says how to open the kind, how to hold a send up, how to make it fail, and what arrived.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import type { Destination, DestinationKind } from '../../src/destinations/destination.ts'
import { type Files, nodeFiles } from '../../src/destinations/file/files.ts'
import { fileKind } from '../../src/destinations/file/index.ts'
import { DESTINATION_KINDS } from '../../src/destinations/index.ts'
import { stdoutKind } from '../../src/destinations/stdout/index.ts'
import type { Batch } from '../../src/model/batch.ts'
import type { Verdict } from '../../src/model/verdict.ts'
import { archivedIds } from '../fakes/archive-reader.ts'
import { FakeAzure } from '../fakes/azure-ingestion.ts'
import { batchNamed } from '../fakes/batches.ts'
import { moodyCluster } from '../fakes/bulk-stage.ts'
import { FakeDatadog, refused } from '../fakes/datadog.ts'
import { destinationTools } from '../fakes/destination-tools.ts'
import { type Answer, startReceiver } from '../fakes/http-receiver.ts'
import { FakeSplunk, said } from '../fakes/splunk.ts'

const SECRET = 'canary-5ecret-value'
/** How the world treats the next sends. `held` ends only with its promise. */
type Mood = 'fine' | 'failing' | { readonly held: Promise<void> }

interface Stage {
  readonly kind: DestinationKind
  readonly options: unknown
  readonly mood: (mood: Mood) => void
  /** Resolves when a held send has got as far as it can. */
  readonly reached: () => Promise<void>
  readonly arrived: () => string[]
  close(): Promise<void>
}

const STAGES: Readonly<Record<string, (kind: DestinationKind) => Promise<Stage>>> = {
  webhook: (kind) =>
    receiverStage(kind, { secret: SECRET, batch: 100, headers: { authorization: `Bearer ${SECRET}` } }, (body) =>
      idsOf(JSON.parse(body)),
    ),
  http: (kind) =>
    receiverStage(
      kind,
      {
        auth: { token: SECRET },
        secret: SECRET,
        body: { form: 'template', template: { event: '{"at":{{occurred_at_ms}},"log":{{event}}}', separator: '\n' } },
        rules: [{ status: [500], body_contains: 'you sent', verdict: 'retry', advice: 'wait' }],
      },
      (body) => idsOf(body.split('\n').map((line) => (JSON.parse(line) as { log: unknown }).log)),
    ),
  async splunk_hec(kind) {
    const splunk = await FakeSplunk.start(SECRET)
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
    const set = (mood: Mood): void => {
      splunk.instead = mood === 'failing' ? () => said(500, `you sent ${SECRET}`, 8) : undefined
      splunk.after = typeof mood === 'string' ? undefined : (answer) => (reach(), { ...answer, after: mood.held })
    }
    return {
      kind,
      options: { url: splunk.url, token: SECRET },
      mood: set,
      reached: () => reached,
      arrived: () => idsOf(splunk.stored.map(({ event }) => event)),
      close: () => splunk.close(),
    }
  },
  async datadog(kind) {
    const intake = await FakeDatadog.start(SECRET)
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
    const set = (mood: Mood): void => {
      intake.instead = mood === 'failing' ? () => refused(500, 'Internal', `you sent ${SECRET}`) : undefined
      intake.after = typeof mood === 'string' ? undefined : (answer) => (reach(), { ...answer, after: mood.held })
    }
    return {
      kind,
      options: { url: intake.url, api_key: SECRET },
      mood: set,
      reached: () => reached,
      arrived: () => idsOf(intake.stored.map(({ attributes }) => attributes['audit'])),
      close: () => intake.close(),
    }
  },
  async elastic(kind) {
    const { options, ...cluster } = await moodyCluster(SECRET)
    return { kind, ...cluster, options: { ...options, api_key: SECRET } }
  },
  async opensearch(kind) {
    const { options, ...cluster } = await moodyCluster(SECRET)
    return { kind, ...cluster, options: { ...options, username: 'relay', password: SECRET } }
  },
  async sentinel(kind) {
    const azure = await FakeAzure.start(SECRET)
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
    const set = (mood: Mood): void => {
      azure.instead = mood === 'failing' ? () => ({ status: 500, body: `you sent ${SECRET}` }) : undefined
      azure.after = typeof mood === 'string' ? undefined : (answer) => (reach(), { ...answer, after: mood.held })
    }
    return {
      kind,
      options: azure.options(),
      mood: set,
      reached: () => reached,
      arrived: () => idsOf(azure.table),
      close: () => azure.close(),
    }
  },
  file(kind) {
    expect(kind.type).toBe('file')
    const folder = mkdtempSync(join(tmpdir(), 'contract-'))
    const world = moody()
    const files: Files = { ...nodeFiles, makeFolder: (path) => world.pass(() => nodeFiles.makeFolder(path)) }
    const failingAppends: Files = {
      ...files,
      open: async (path, how) => {
        const open = await nodeFiles.open(path, how)
        return { ...open, append: (bytes) => world.pass(() => open.append(bytes)) }
      },
    }
    return Promise.resolve({
      kind: fileKind(failingAppends) as unknown as DestinationKind,
      options: { path: folder },
      mood: world.set,
      reached: world.reached,
      arrived: () => archivedIds(folder),
      close: () => Promise.resolve(rmSync(folder, { recursive: true })),
    })
  },
  stdout(kind) {
    expect(kind.type).toBe('stdout')
    let text = ''
    const world = moody()
    const write = (bytes: Uint8Array): Promise<number> =>
      world.pass(() => {
        text += Buffer.from(bytes).toString()
        return Promise.resolve(bytes.length)
      })
    return Promise.resolve({
      kind: stdoutKind(() => ({ write, close: () => Promise.resolve() })) as unknown as DestinationKind,
      options: {},
      mood: world.set,
      reached: world.reached,
      arrived: () =>
        idsOf(
          text
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as unknown),
        ),
      close: () => Promise.resolve(),
    })
  },
}

/** A kind that posts what `idsIn` understands to any address. */
async function receiverStage(
  kind: DestinationKind,
  options: object,
  idsIn: (body: string) => string[],
): Promise<Stage> {
  const receiver = await startReceiver()
  const accepted = new Set<number>()
  const answerOf = (mood: Mood, index: number): Answer => {
    if (mood === 'failing') return { status: 500, body: `you sent ${SECRET}`, headers: { 'x-echo': SECRET } }
    accepted.add(index)
    return mood === 'fine' ? {} : { after: mood.held }
  }
  receiver.answer((_request, index) => answerOf('fine', index))
  return {
    kind,
    options: { url: `${receiver.url}/${SECRET}?key=${SECRET}`, ...options },
    mood: (mood) => receiver.answer((_request, index) => answerOf(mood, index)),
    reached: () => receiver.received(1),
    arrived: () =>
      receiver.requests.filter((_, index) => accepted.has(index)).flatMap(({ body }) => idsIn(body.toString())),
    close: () => receiver.close(),
  }
}

/** A door that is open, shut, or held. */
function moody() {
  let mood: Mood = 'fine'
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
  return {
    set: (next: Mood) => void (mood = next),
    reached: () => reached,
    async pass<Result>(act: () => Promise<Result>): Promise<Result> {
      if (mood === 'failing') throw Object.assign(new Error('planted'), { code: 'EIO' })
      if (mood !== 'fine') {
        reach()
        await mood.held
      }
      return act()
    },
  }
}

function idsOf(events: unknown): string[] {
  return (events as { event_id: string }[]).map((event) => event.event_id)
}

describe.each(DESTINATION_KINDS.map((kind) => [kind.type, kind] as const))('%s', (type, registered) => {
  const cleanups: (() => Promise<unknown>)[] = []

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })

  async function staged(): Promise<Stage & { destination: Destination }> {
    const make = STAGES[type]
    if (!make) throw new Error(`the contract suite has no stage for the kind ${type}`)
    const stage = await make(registered)
    cleanups.push(() => stage.close())
    const destination = stage.kind.open(stage.kind.options.parse(stage.options), destinationTools())
    cleanups.push(() => destination.close())
    return { ...stage, destination }
  }

  const { signal } = new AbortController()

  async function verdicts(destination: Destination, batch: Batch, until = signal): Promise<readonly Verdict[]> {
    const outcome = await destination.send(batch, until)
    return 'verdicts' in outcome ? outcome.verdicts : await outcome.confirmation
  }

  it('states limits that can be met', async () => {
    const { kind, options } = await staged()
    const { maxEvents, maxBytes, overheadBytes } = kind.limits(kind.options.parse(options))
    for (const value of [maxEvents, maxBytes, kind.inFlight]) expect(Number.isInteger(value) && value > 0).toBe(true)
    expect(overheadBytes).toBeGreaterThanOrEqual(0)
    const { request } = kind.profile?.(kind.options.parse(options)) ?? {}
    expect(maxEvents).toBeLessThanOrEqual(request?.maxEvents ?? Infinity)
    expect(maxBytes).toBeLessThanOrEqual(request?.maxBytes ?? Infinity)
  })

  it('gives one verdict for each event, and the events arrive in order', async () => {
    const { destination, arrived } = await staged()
    for (const count of [1, 2, 50])
      expect(await verdicts(destination, batchNamed(`n${count}`, count))).toEqual(
        Array.from({ length: count }, () => ({ kind: 'delivered' })),
      )
    expect(arrived()).toEqual(
      [1, 2, 50].flatMap((count) => Array.from({ length: count }, (_, index) => `n${count}-${index}`)),
    )
  })

  it('answers a failure with verdicts, one for each event, never with an error; and works again afterwards', async () => {
    const { destination, mood, arrived } = await staged()
    mood('failing')
    const failed = await verdicts(destination, batchNamed('a', 3))
    expect(failed).toHaveLength(3)
    for (const verdict of failed) {
      if (verdict.kind === 'delivered') throw new Error('a failure counted as delivered')
      expect(verdict.reason.code).toMatch(/^[a-z0-9_]{2,40}$/)
      expect(verdict.reason.text.length).toBeLessThan(500)
    }
    mood('fine')
    expect((await verdicts(destination, batchNamed('a', 3))).map(({ kind }) => kind)).toEqual([
      'delivered',
      'delivered',
      'delivered',
    ])
    expect(arrived()).toEqual(['a-0', 'a-1', 'a-2'])
  })

  it('lets concurrent sends pass without mixing them', async () => {
    const { destination, arrived } = await staged()
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const results = await Promise.all(names.map((name) => verdicts(destination, batchNamed(name, 20))))
    expect(results.flat().every(({ kind }) => kind === 'delivered')).toBe(true)
    const ids = arrived()
    expect([...ids].sort()).toEqual(
      names.flatMap((name) => Array.from({ length: 20 }, (_, index) => `${name}-${index}`)).sort(),
    )
    for (let at = 0; at < ids.length; at += 20) expect(new Set(ids.slice(at, at + 20).map((id) => id[0])).size).toBe(1)
  })

  it('an abort rejects with the reason of the signal at once, before, during and behind a send; then all goes on', async () => {
    const { destination, mood, reached } = await staged()
    const reason = new Error('shutting down')
    await expect(destination.send(batchNamed('a', 1), AbortSignal.abort(reason))).rejects.toBe(reason)
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    mood({ held })
    const controller = new AbortController()
    const sends = Promise.allSettled(
      [1, 2, 3].map((number) => destination.send(batchNamed(`b${number}`, 2), controller.signal)),
    )
    await reached()
    controller.abort(reason)
    expect(await sends).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason })))
    mood('fine')
    release()
    expect((await verdicts(destination, batchNamed('c', 1)))[0]).toEqual({ kind: 'delivered' })
  })

  it('closes twice, and unused', async () => {
    const { destination } = await staged()
    await destination.close()
    await destination.close()
    const used = await staged()
    await verdicts(used.destination, batchNamed('a', 1))
    await used.destination.close()
    await used.destination.close()
  })

  it('keeps its secrets out of verdicts, errors and what a debugger prints', async () => {
    const { destination, mood, options, kind } = await staged()
    mood('failing')
    const shown = [await verdicts(destination, batchNamed('a', 2)), destination]
    const aborted = await destination.send(batchNamed('a', 1), AbortSignal.abort()).catch((error: unknown) => error)
    const closed = await destination
      .close()
      .then(() => verdicts(destination, batchNamed('b', 1)).catch((error: unknown) => error))
    for (const thing of [...shown, aborted, closed])
      expect(inspect(thing, { depth: 10, showHidden: true })).not.toContain(SECRET)
    const faults = kind.options.safeParse({ ...(options as object), nonsense: SECRET })
    expect(inspect(faults.error?.issues, { depth: 10 })).not.toContain(SECRET)
  })
})
