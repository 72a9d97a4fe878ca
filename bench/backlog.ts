// A receiver that is down while everything is read, then a start on what waits: disk and memory for each waiting event, and how
// soon the first delivery comes.
import { createServer } from 'node:net'
import { destinations } from './drain.ts'
import { eventFile } from './events.ts'
import { Receiver } from './receiver.ts'
import { RelayProcess, Workspace } from './relay.ts'
import { monotonicMs } from './sink.ts'

export interface BacklogResult {
  readonly fillEventsPerSecond: number
  readonly fillPeakMiB: number
  readonly bytesPerWaitingEvent: number
  readonly firstDeliverySeconds: number
  readonly drainEventsPerSecond: number
  readonly drainPeakMiB: number
  readonly duplicates: number
  readonly missing: number
}

/** The longest pause between trials: after it, the first trial of a new process is due at once. */
const trialPauseMs = 31_000
const pollMs = 1_000

export async function backlog(events: number): Promise<BacklogResult> {
  const workspace = new Workspace()
  const receiver = await Receiver.start()
  try {
    const file = eventFile(events)
    workspace.configure(file, destinations(await closedPort(), { events, destinations: 1, batch: 1_000 }))
    const filled = await fill(workspace, events)
    await new Promise((resolve) => setTimeout(resolve, trialPauseMs))
    workspace.configure(file, destinations(receiver.port, { events, destinations: 1, batch: 1_000 }))
    return { ...filled, ...(await deliver(workspace, receiver, events)) }
  } finally {
    receiver.stop()
    workspace.remove()
  }
}

/** Runs the relay until every event waits in the state. */
async function fill(workspace: Workspace, events: number) {
  const relay = new RelayProcess(workspace.config)
  try {
    await Promise.race([relay.failed, waiting(workspace, events)])
    const seconds = (monotonicMs() - relay.startedAt) / 1000
    const { peakBytes } = relay.usage()
    await relay.stop()
    return {
      fillEventsPerSecond: events / seconds,
      fillPeakMiB: peakBytes / (1 << 20),
      bytesPerWaitingEvent: workspace.stateBytes() / events,
    }
  } finally {
    await relay.stop()
  }
}

async function deliver(workspace: Workspace, receiver: Receiver, events: number) {
  receiver.expect({ events, paths: 1, delayMs: 0, stamps: false })
  const relay = new RelayProcess(workspace.config)
  try {
    const firstAt = await receiver.heard('first', relay.failed)
    const doneAt = await receiver.heard('all', relay.failed)
    const { peakBytes } = relay.usage()
    await relay.stop()
    const report = await receiver.report()
    return {
      firstDeliverySeconds: (firstAt - relay.startedAt) / 1000,
      drainEventsPerSecond: (events * 1000) / (doneAt - firstAt),
      drainPeakMiB: peakBytes / (1 << 20),
      duplicates: report.received - report.unique,
      missing: events - report.unique,
    }
  } finally {
    await relay.stop()
  }
}

/** Resolves when `status` counts all events as waiting. */
async function waiting(workspace: Workspace, events: number): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, pollMs))
    if (waitingIn(workspace.status()) >= events) return
  }
}

function waitingIn(status: unknown): number {
  const { destinations: list = [] } = status as { destinations?: { waiting: number; retrying: number }[] }
  return list[0] === undefined ? 0 : list[0].waiting + list[0].retrying
}

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return address !== null && typeof address === 'object' ? address.port : 9
}
