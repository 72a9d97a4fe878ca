// From the append of an event to its receipt, at a steady rate, with the relay's default settings.
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { destinations } from './drain.ts'
import { eventLines } from './events.ts'
import { Receiver } from './receiver.ts'
import { RelayProcess, Workspace } from './relay.ts'
import { monotonicMs } from './sink.ts'

export interface LatencyResult {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly missing: number
}

/** Appended before the clock counts, so that start-up is not measured. */
const warmUpEvents = 500
const appendEveryMs = 5

export async function latency(perSecond: number, seconds: number): Promise<LatencyResult> {
  const workspace = new Workspace()
  const receiver = await Receiver.start()
  const outbox = join(workspace.folder, 'outbox.jsonl')
  const file = openSync(outbox, 'a')
  try {
    workspace.configure(outbox, destinations(receiver.port, { events: 0, destinations: 1, batch: 1_000 }))
    const relay = new RelayProcess(workspace.config)
    try {
      return await measure({ receiver, relay, file }, perSecond, seconds)
    } finally {
      await relay.stop()
    }
  } finally {
    closeSync(file)
    receiver.stop()
    workspace.remove()
  }
}

interface Running {
  readonly receiver: Receiver
  readonly relay: RelayProcess
  readonly file: number
}

async function measure({ receiver, relay, file }: Running, perSecond: number, seconds: number): Promise<LatencyResult> {
  const next = eventLines()
  receiver.expect({ events: warmUpEvents, paths: 1, delayMs: 0, stamps: false })
  for (let ordinal = 0; ordinal < warmUpEvents; ordinal++) writeSync(file, next(ordinal))
  await receiver.heard('all', relay.failed)

  const events = perSecond * seconds
  receiver.expect({ events: warmUpEvents + events, paths: 1, delayMs: 0, stamps: true })
  const appendedAt = await append(file, next, { events, perSecond })
  // The sink still misses the warm-up of this expectation, so wait for the stamps instead of for all.
  const stamps = await arrived(receiver, events)
  const waits = appendedAt.map((at, index) => (stamps[warmUpEvents + index] as number) - at).filter((wait) => wait > 0)
  waits.sort((a, b) => a - b)
  const at = (share: number): number =>
    waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), missing: events - waits.length }
}

/** Appends a few events every few milliseconds, as an application would. Returns when each was written. */
async function append(
  file: number,
  next: (ordinal: number) => string,
  load: { events: number; perSecond: number },
): Promise<number[]> {
  const appendedAt: number[] = []
  for (const startedAt = monotonicMs(); appendedAt.length < load.events;) {
    const due = Math.min(load.events, Math.floor(((monotonicMs() - startedAt) * load.perSecond) / 1000))
    while (appendedAt.length < due) {
      const line = next(warmUpEvents + appendedAt.length)
      appendedAt.push(monotonicMs())
      writeSync(file, line)
    }
    await new Promise((resolve) => setTimeout(resolve, appendEveryMs))
  }
  return appendedAt
}

async function arrived(receiver: Receiver, events: number): Promise<readonly number[]> {
  for (const until = monotonicMs() + 10_000; ;) {
    const { unique, stamps } = await receiver.report()
    if (unique >= events || monotonicMs() > until) return stamps
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
