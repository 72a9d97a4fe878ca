// The main measurement: a file of events drained to the sink, from the start of the process to the last receipt.
import { setTimeout as sleep } from 'node:timers/promises'
import { closeSync, openSync, readSync } from 'node:fs'
import { eventFile, TYPE_PREFIXES } from './events.ts'
import { Receiver } from './receiver.ts'
import { RelayProcess, Workspace } from './relay.ts'
import { monotonicMs } from './sink.ts'

export interface DrainSetting {
  readonly events: number
  readonly destinations: number
  /** Events per request; undefined for one object per request. */
  readonly batch?: number
  readonly when?: string
  readonly secret?: string
  readonly delayMs?: number
  /** Another kind than a webhook: its options, for a receiver at this address. */
  readonly kind?: (url: string) => object
}

export interface DrainResult {
  readonly eventsPerSecond: number
  readonly cpuSecondsPerMillion: number
  readonly peakMiB: number
  readonly stateBytesPerEvent: number
  readonly sinkCpuSecondsPerMillion: number
  readonly eventsPerRequest: number
  readonly duplicates: number
  readonly missing: number
  readonly foreign: number
}

/** The destinations of a measurement: each posts to a path of its own, through filters that look at every event and pass all. */
export function destinations(port: number, setting: DrainSetting): Record<string, object> {
  const types = TYPE_PREFIXES.map((prefix) => `${prefix}*`)
  const filter = {
    types,
    outcome: ['success', 'failure', 'unknown'],
    ...(setting.when !== undefined && { when: setting.when }),
  }
  const webhook = (url: string): object => ({
    type: 'webhook',
    url,
    ...(setting.batch !== undefined && { batch: setting.batch }),
    ...(setting.secret !== undefined && { secret: setting.secret }),
  })
  const kind = setting.kind ?? webhook
  const one = (path: number): object => ({ ...kind(`http://127.0.0.1:${port}/${path}`), filter })
  return Object.fromEntries(Array.from({ length: setting.destinations }, (_, path) => [`sink-${path}`, one(path)]))
}

/** Drains the file once. Fails when the relay ends by itself or nothing comes for a long while. */
export async function drain(setting: DrainSetting): Promise<DrainResult> {
  const file = eventFile(setting.events)
  warm(file)
  const workspace = new Workspace()
  const receiver = await Receiver.start()
  const over = new AbortController()
  try {
    receiver.expect({
      events: setting.events,
      paths: setting.destinations,
      delayMs: setting.delayMs ?? 0,
      stamps: false,
    })
    workspace.configure(file, destinations(receiver.port, setting))
    const relay = new RelayProcess(workspace.config)
    try {
      const doneAt = await receiver.heard('all', Promise.race([relay.failed, stalled(receiver, over.signal)]))
      const usage = relay.usage()
      const bytes = workspace.stateBytes()
      await relay.stop()
      return await result(setting, receiver, { seconds: (doneAt - relay.startedAt) / 1000, ...usage, bytes })
    } finally {
      await relay.stop()
    }
  } finally {
    over.abort()
    receiver.stop()
    workspace.remove()
  }
}

/** Reads a file once, so that every measurement finds it in the page cache. */
function warm(path: string): void {
  const chunk = Buffer.allocUnsafe(1 << 20)
  const file = openSync(path, 'r')
  while (readSync(file, chunk, 0, chunk.length, null) > 0);
  closeSync(file)
}

/** Rejects when nothing was received for a minute. */
async function stalled(receiver: Receiver, over: AbortSignal, limitMs = 60_000): Promise<never> {
  for (let last = -1; ;) {
    await sleep(limitMs, undefined, { signal: over, ref: false })
    const { received } = await receiver.report()
    if (received === last) throw new Error(`nothing came for ${limitMs / 1000} s; received ${received} events`)
    last = received
  }
}

interface Measured {
  readonly seconds: number
  readonly cpuMs: number
  readonly peakBytes: number
  readonly bytes: number
}

async function result(setting: DrainSetting, receiver: Receiver, measured: Measured): Promise<DrainResult> {
  const report = await receiver.report()
  const due = setting.events * setting.destinations
  return {
    eventsPerSecond: setting.events / measured.seconds,
    cpuSecondsPerMillion: (measured.cpuMs * 1000) / setting.events,
    peakMiB: measured.peakBytes / (1 << 20),
    stateBytesPerEvent: measured.bytes / setting.events,
    sinkCpuSecondsPerMillion: (report.cpuMs * 1000) / setting.events,
    eventsPerRequest: report.received / report.requests,
    duplicates: report.received - report.unique - report.foreign,
    missing: due - report.unique,
    foreign: report.foreign,
  }
}

/** What one thread of JSON.parse does on the same file: events per second. */
export function parseOnly(events: number): number {
  const path = eventFile(events)
  const file = openSync(path, 'r')
  const chunk = Buffer.allocUnsafe(1 << 20)
  const startedAt = monotonicMs()
  let parsed = 0
  let kept = 0
  for (;;) {
    const read = readSync(file, chunk, kept, chunk.length - kept, null)
    if (read === 0) break
    const end = kept + read
    let start = 0
    for (let at = chunk.indexOf(10); at >= 0 && at < end; at = chunk.indexOf(10, start)) {
      JSON.parse(chunk.toString('utf8', start, at))
      parsed++
      start = at + 1
    }
    chunk.copyWithin(0, start, end)
    kept = end - start
  }
  closeSync(file)
  return (parsed * 1000) / (monotonicMs() - startedAt)
}
