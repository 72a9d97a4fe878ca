// A folder with a state in it, for tests that injure it, and processes that hold it.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import type { Store, StoreBounds } from '../../src/store/store.ts'
import { commitOf, destination, many } from '../contract/store-events.ts'
import { TestClock } from '../fakes/test-clock.ts'

export class StateFolder {
  readonly folder: string
  readonly path: string
  readonly clock = new TestClock()

  constructor(folder = fs.mkdtempSync(join(os.tmpdir(), 'audit-relay-state-'))) {
    this.folder = folder
    this.path = join(folder, 'state.db')
  }

  open(more: { newState?: boolean; reserveBytes?: number; bounds?: StoreBounds } = {}): Promise<Store> {
    const { newState = false, reserveBytes = 0, bounds = { maxBytes: 1e12, keepMs: 1e12 } } = more
    return openSqliteStore({ path: this.path, bounds, reserveBytes, newState, clock: this.clock })
  }

  /** A state with some pages, closed as it should be. */
  async filled(pages = 5): Promise<this> {
    const store = await this.open()
    await fill(store, pages)
    await store.close(this.clock.now())
    return this
  }

  /** The same, as a killed holder leaves it: the log is there and nothing says `clean`. */
  async killed(): Promise<this> {
    const holder = await Holder.start('commit', this.path)
    await holder.line((text) => Number(text) > 100)
    await holder.kill()
    return this
  }

  /** Name and size of every file. */
  files(): Record<string, number> {
    return Object.fromEntries(
      fs.readdirSync(this.folder).map((name) => [name, fs.statSync(join(this.folder, name)).size]),
    )
  }

  dispose(): void {
    fs.rmSync(this.folder, { recursive: true, force: true })
  }
}

export async function fill(store: Store, pages: number, prefix = ''): Promise<void> {
  await store.register([destination('siem')], 0)
  for (let page = 0; page < pages; page++)
    await store.commitPage(
      commitOf(store, 'app', many(`${prefix}${page}-`, 20, 300), {
        to: { siem: 'all' },
        cursors: [{ part: 'p', value: `${page}` }],
      }),
      0,
    )
}

/** A holder in a process of its own. */
export class Holder {
  readonly process: ChildProcess
  readonly #lines: string[] = []
  readonly #waiting = new Set<() => void>()
  readonly #ended: Promise<void>
  #over = false
  #errors = ''

  private constructor(command: string, args: readonly string[]) {
    this.process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.process.stderr?.on('data', (text: Buffer) => (this.#errors += text.toString()))
    const lines = createInterface({ input: this.process.stdout as NodeJS.ReadableStream })
    lines.on('line', (line) => this.#said(line))
    this.#ended = new Promise((resolve) => this.process.once('close', () => resolve(this.#end())))
  }

  static async start(
    verb: 'commit' | 'idle',
    path: string,
    more: { count?: number; under?: readonly string[] } = {},
  ): Promise<Holder> {
    const script = join(import.meta.dirname, 'store-child.ts')
    const words = [...(more.under ?? []), process.execPath, script, verb, path, String(more.count ?? 0)]
    const holder = new Holder(words[0] as string, words.slice(1))
    await holder.line((text) => text === 'ready')
    return holder
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** Waits for a line; fails when the process ends without it. */
  async line(matches: (text: string) => boolean): Promise<string> {
    for (;;) {
      const found = this.#lines.find((text) => matches(text))
      if (found !== undefined) return found
      if (this.#over) throw new Error(`the holder ended: ${this.#lines.join(' ')} ${this.#errors}`)
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  ended(): Promise<void> {
    return this.#ended
  }

  kill(): Promise<void> {
    this.process.kill('SIGKILL')
    return this.#ended
  }

  #said(line: string): void {
    this.#lines.push(line)
    this.#wake()
  }

  #end(): void {
    this.#over = true
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}
