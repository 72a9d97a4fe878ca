// A folder with an outbox and a configuration, a receiver, and relays run on it as a user runs them.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { startReceiver, type Receiver } from '../fakes/http-receiver.ts'

const bin = path.resolve('bin/audit-relay.js')

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

/** A command under way. */
export class Running {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #waiting = new Set<() => void>()
  #out = ''
  #err = ''

  constructor(folder: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#out += chunk.toString()))
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#err += chunk.toString()
      for (const look of this.#waiting) look()
    })
    this.ended = new Promise((resolve) =>
      this.#child.once('close', (code, signal) => resolve({ code, signal, out: this.#out, err: this.#err })),
    )
  }

  /** Waits for something outside; rejects when the relay ends before it has come. */
  async sees(wait: Promise<void>): Promise<void> {
    const gone = this.ended.then(({ code, signal, err }) => {
      throw new Error(`the relay ended with ${code ?? signal} before what was waited for:\n${err}`)
    })
    await Promise.race([wait, gone])
  }

  /** Resolves when it has logged an event of this type; rejects when it ends without. */
  logged(type: string): Promise<void> {
    const words = `"type":"${type}"`
    const seen = new Promise<void>((resolve) => {
      const look = (): void => {
        if (!this.#err.includes(words)) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
    return this.sees(seen)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** SIGTERM, and how it ended. */
  stop(): Promise<Ended> {
    this.signal('SIGTERM')
    return this.ended
  }
}

export class Place {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'audit-relay-e2e-run-'))
  readonly receiver: Receiver
  readonly #started: Running[] = []

  private constructor(receiver: Receiver) {
    this.receiver = receiver
  }

  static async make(): Promise<Place> {
    return new Place(await startReceiver())
  }

  /**
   * Writes the configuration. Destinations read what is in `sources`, so that what is counted is what was put there; with
   * `sources: undefined` they read the relay's own events, too. `more`: other keys of the file.
   */
  configure(
    destinations: Readonly<Record<string, object>>,
    sources: Readonly<Record<string, object>> = { app: { type: 'outbox', path: './outbox.jsonl' } },
    more: object = {},
  ): void {
    const reading = Object.entries(destinations).map(([name, one]) => [name, { sources: Object.keys(sources), ...one }])
    const config = { state: './state.db', sources, destinations: Object.fromEntries(reading) as object, ...more }
    // JSON is YAML.
    fs.writeFileSync(this.file('audit-relay.yaml'), JSON.stringify(config, null, 2))
  }

  webhook(options: object = {}): object {
    return { type: 'webhook', url: `${this.receiver.url}/hook`, ...options }
  }

  append(...lines: readonly string[]): void {
    fs.appendFileSync(this.file('outbox.jsonl'), lines.map((line) => `${line}\n`).join(''))
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const running = new Running(this.folder, args, env)
    this.#started.push(running)
    return running
  }

  file(name: string): string {
    return path.join(this.folder, name)
  }

  /** The ids of everything received so far, in order. */
  receivedIds(): string[] {
    return this.receiver.requests.flatMap(({ body }) => {
      const value = JSON.parse(body.toString()) as Event | Event[]
      return (Array.isArray(value) ? value : [value]).map((event) => event.event_id)
    })
  }

  async remove(): Promise<void> {
    for (const running of this.#started) running.signal('SIGKILL')
    await Promise.all(this.#started.map((running) => running.ended))
    await this.receiver.close()
    fs.rmSync(this.folder, { recursive: true })
  }
}

interface Event {
  readonly event_id: string
  readonly outcome: string
}

export function event(id: number, outcome = 'success'): string {
  const at = new Date(Date.UTC(2026, 4, 17, 8, 0, id)).toISOString()
  return `{"event_id":"e-${id}","event_type":"user.signed_in","occurred_at":"${at}","outcome":"${outcome}","data":{"n":9007199254740993,"id":${id}}}`
}

export function events(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => event(from + index))
}

export function ids(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `e-${from + index}`)
}
