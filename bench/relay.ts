// One relay under measurement: a folder with its configuration and state, the real CLI as a process, and what the kernel says of it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { monotonicMs } from './sink.ts'

const cli = fileURLToPath(new URL('../bin/audit-relay.js', import.meta.url))
const ticksPerSecond = 100
const stopWithinMs = 60_000

/** What the process has used so far. */
export interface Usage {
  readonly cpuMs: number
  readonly peakBytes: number
}

/** A folder for one measurement; `remove` takes it away with the state in it. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'audit-relay-bench-'))
  readonly config = join(this.folder, 'audit-relay.yaml')
  readonly #state = join(this.folder, 'state.db')

  /** JSON is YAML. */
  configure(outbox: string, destinations: object): void {
    this.configureSources({ app: { type: 'outbox', path: outbox } }, destinations)
  }

  configureSources(sources: object, destinations: object): void {
    writeFileSync(
      this.config,
      JSON.stringify({ state: { path: this.#state, max_size: '64GiB' }, sources, destinations }, null, 2),
    )
  }

  /** Bytes of the database and its log; the reserve is room set aside, not in use. */
  stateBytes(): number {
    const files = readdirSync(this.folder).filter((name) => name === 'state.db' || name === 'state.db-wal')
    return files.reduce((sum, name) => sum + statSync(join(this.folder, name)).size, 0)
  }

  /** What `status --json` says. */
  status(): unknown {
    return JSON.parse(
      execFileSync(process.execPath, [cli, 'status', '--json', '--config', this.config], { encoding: 'utf8' }),
    )
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export class RelayProcess {
  readonly startedAt = monotonicMs()
  /** Rejects when the process ends before `stop` was called. */
  readonly failed: Promise<never>
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  #stopping = false
  #said = ''

  constructor(config: string) {
    this.#child = spawn(process.execPath, [cli, 'run', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-4_000)))
    this.#ended = new Promise((resolve) => this.#child.once('exit', () => resolve()))
    this.failed = this.#ended.then(() => {
      if (this.#stopping) return new Promise<never>(() => {})
      throw new Error(`the relay ended by itself (${this.#child.exitCode ?? this.#child.signalCode}):\n${this.#said}`)
    })
    this.failed.catch(() => {})
  }

  usage(): Usage {
    // The name in parentheses may hold anything; the fields follow it.
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    const peak = /VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))
    return {
      cpuMs: ((Number(stat[11]) + Number(stat[12])) * 1000) / ticksPerSecond,
      peakBytes: Number(peak?.[1] ?? 0) * 1024,
    }
  }

  /** SIGTERM, and SIGKILL when that does not end it. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopWithinMs)
    await this.#ended
    clearTimeout(timer)
    if (this.#child.exitCode !== 0) throw new Error(`the relay did not stop cleanly:\n${this.#said}`)
  }
}
