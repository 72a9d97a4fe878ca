// What pulling costs: a server with answers of a thousand events, through window, identity, mapping and commit to one webhook.
import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { PullPlan, PullServerNews } from './pull-server.ts'
import { Receiver } from './receiver.ts'
import { RelayProcess, Workspace } from './relay.ts'

export interface PullResult {
  /** Events that the source showed, each time counted. */
  readonly shownPerSecond: number
  readonly newPerSecond: number
  readonly timesShown: number
  /** Of those that were shown. */
  readonly cpuSecondsPerMillion: number
  readonly peakMiB: number
  readonly missing: number
  readonly duplicates: number
}

/** Each pull reaches back over what the two before it have read. */
const stepMs = 20_000
const giveUpMs = 300_000

/** Pulls so many events; with `overlap` each is shown three times. */
export async function pull(events: number, overlap: boolean): Promise<PullResult> {
  const source = await PullServer.start({ events, firstAt: Date.now() - events, stepMs: overlap ? stepMs : null })
  const workspace = new Workspace()
  const receiver = await Receiver.start()
  try {
    receiver.expect({ events, paths: 1, delayMs: 0, stamps: false })
    const hook = { type: 'webhook', url: `http://127.0.0.1:${receiver.port}/0`, batch: 1_000 }
    workspace.configureSources({ iam: entry(source.port, overlap) }, { hook })
    const relay = new RelayProcess(workspace.config)
    try {
      const doneAt = await receiver.heard('all', Promise.race([relay.failed, tooLong()]))
      const seconds = (doneAt - relay.startedAt) / 1000
      const { cpuMs, peakBytes } = relay.usage()
      const { shown } = await source.report()
      const { received, unique } = await receiver.report()
      return {
        shownPerSecond: shown / seconds,
        newPerSecond: events / seconds,
        timesShown: shown / events,
        cpuSecondsPerMillion: (cpuMs * 1000) / shown,
        peakMiB: peakBytes / (1 << 20),
        missing: events - unique,
        duplicates: received - unique,
      }
    } finally {
      await relay.stop()
    }
  } finally {
    receiver.stop()
    source.stop()
    workspace.remove()
  }
}

function entry(port: number, overlap: boolean): object {
  return {
    type: 'zitadel',
    url: `http://127.0.0.1:${port}`,
    instance: 'b',
    auth: { token: 'bench-token' },
    payload: 'all',
    every: '10ms',
    start: '1h',
    settle: '1ms',
    overlap: overlap ? `${2 * stepMs}ms` : '1ms',
    sweeps: [],
  }
}

async function tooLong(): Promise<never> {
  await sleep(giveUpMs, undefined, { ref: false })
  throw new Error(`not everything had come after ${giveUpMs / 1000} s`)
}

/** The benchmark's hold on the source's process. */
class PullServer {
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(plan: PullPlan): Promise<PullServer> {
    const child = fork(fileURLToPath(new URL('pull-server.ts', import.meta.url)))
    child.send(plan)
    const { port } = await news(child)
    return new PullServer(child, port)
  }

  report(): Promise<PullServerNews> {
    this.#child.send('report')
    return news(this.#child)
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect()
  }
}

function news(child: ChildProcess): Promise<PullServerNews> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', () => reject(new Error('the source ended')))
  })
}
