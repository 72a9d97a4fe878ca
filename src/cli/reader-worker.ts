// The reading thread: reads sources, checks, filters and compresses their pages while the main thread stores and delivers.
import { parentPort, workerData } from 'node:worker_threads'
import { compileFilter } from '../filters/compile.ts'
import { Identity } from '../model/identity.ts'
import { buffersOf, type Route } from '../polling/page-encoder.ts'
import { openReader, type Reader } from '../polling/reader.ts'
import { SharedSource } from '../polling/shared-source.ts'
import { systemClock } from '../runtime/clock.ts'
import { loadKind } from '../sources/load.ts'
import { type FromReader, pagesAhead, type ReaderSetup, type ToReader, toFailure } from './reader-protocol.ts'

const port = parentPort
if (!port) throw new Error('reader-worker runs only as a thread')
const setup = workerData as ReaderSetup
const identity = new Identity(setup.secret)
const filters = new Map(setup.routes.map((route) => [route.destination, compileFilter(route.filter)]))

interface OpenedReader {
  readonly reader: Reader
  credit: number
  wake: () => void
  stop: AbortController
  /** Requests are answered one after another. */
  turn: Promise<void>
}
const opened = new Map<number, OpenedReader>()
const shared = new Map<string, SharedSource>()

port.on('message', (message: ToReader) => {
  const entry = opened.get(message.reader)
  if (message.type === 'open') void open(message)
  else if (!entry) return
  else if (message.type === 'more') grant(entry)
  else if (message.type === 'stop') stop(entry)
  else {
    // From here on: a `stop` may be heard before the read begins.
    if (message.type === 'read') entry.stop = new AbortController()
    entry.turn = entry.turn.then(() => answer(entry, message))
  }
})

async function open(message: Extract<ToReader, { type: 'open' }>): Promise<void> {
  const { reader: number, source, kind: type, options, cursors, windows, backfill } = message
  try {
    const kind = await loadKind(type)
    const own = { name: source, kind, options: () => options, windows, ...(backfill && { backfill }) }
    const around = { routes: routesOf(source), shared: sharedOf(source), identity, clock: systemClock }
    const reader = openReader({ ...own, ...around }, cursors, (notice) =>
      say({ type: 'notice', reader: number, notice }),
    )
    opened.set(number, {
      reader,
      credit: pagesAhead,
      wake: () => {},
      stop: new AbortController(),
      turn: Promise.resolve(),
    })
    say({ type: 'done', reader: number })
  } catch (error) {
    say({ type: 'failed', reader: number, failure: toFailure(error) })
  }
}

async function answer(
  entry: OpenedReader,
  message: Exclude<ToReader, { type: 'open' | 'more' | 'stop' }>,
): Promise<void> {
  const { reader: number } = message
  const { reader } = entry
  try {
    switch (message.type) {
      case 'read':
        await read(entry, message)
        return say({ type: 'done', reader: number })
      case 'releasable':
        return say({ type: 'done', reader: number, parts: await reader.releasable() })
      case 'release':
        return say({ type: 'done', reader: number, cursors: await reader.release(message.parts, entry.stop.signal) })
      case 'close':
        opened.delete(number)
        await reader.close()
        return say({ type: 'done', reader: number })
    }
  } catch (error) {
    // A read that ends because it was told to has not failed.
    const told = entry.stop.signal.aborted && error === entry.stop.signal.reason
    say(told ? { type: 'done', reader: number } : { type: 'failed', reader: number, failure: toFailure(error) })
  }
}

async function read(
  entry: OpenedReader,
  { reader: number, dueInMs }: Extract<ToReader, { type: 'read' }>,
): Promise<void> {
  entry.credit = pagesAhead
  for await (const page of entry.reader.read(entry.stop.signal, dueInMs)) {
    port?.postMessage({ type: 'page', reader: number, page } satisfies FromReader, buffersOf(page))
    entry.credit--
    // A turn of the event loop even when there is credit: `stop` must get through.
    await (entry.credit > 0
      ? new Promise<void>((resolve) => setImmediate(resolve))
      : new Promise<void>((resolve) => (entry.wake = resolve)))
    if (entry.stop.signal.aborted) return
  }
}

function grant(entry: OpenedReader): void {
  entry.credit++
  entry.wake()
}

function stop(entry: OpenedReader): void {
  entry.stop.abort()
  entry.wake()
}

function sharedOf(source: string): SharedSource {
  const known = shared.get(source) ?? new SharedSource(systemClock)
  shared.set(source, known)
  return known
}

function routesOf(source: string): Route[] {
  return setup.routes
    .filter(({ sources }) => sources === null || sources.includes(source))
    .map(({ destination }) => ({ destination, filter: filters.get(destination) as Route['filter'] }))
}

function say(message: FromReader): void {
  port?.postMessage(message)
}
