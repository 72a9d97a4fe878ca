// One relay process of a campaign.
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The CLI as a user runs it. */
export const CLI = fileURLToPath(new URL('../../../bin/audit-relay.js', import.meta.url))

/** How a process ended. */
export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last it wrote to stderr. */
  readonly said: string
}

const keptBytes = 8_000

export class RelayProcess {
  readonly ended: Promise<End>
  /** Resolves when it has said that it runs, or has ended. */
  readonly started: Promise<void>
  readonly #child: ChildProcess
  #said = ''

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
    })
    this.started = new Promise((resolve) => {
      this.#child.once('exit', () => resolve())
      this.#child.stderr?.on('data', (chunk: Buffer) => {
        this.#said = (this.#said + chunk.toString()).slice(-keptBytes)
        if (this.#said.includes('relay_started')) resolve()
      })
    })
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal, said: this.#said }))
    })
  }

  kill(signal: 'SIGKILL' | 'SIGTERM'): void {
    this.#child.kill(signal)
  }
}
