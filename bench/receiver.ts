// The benchmark's hold on a sink process: starts it, tells it what to expect, waits for its news, stops it.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Expectation, SinkCommand, SinkNews, SinkReport } from './sink.ts'

export class Receiver {
  readonly port: number
  readonly #child: ChildProcess
  #news: SinkNews[] = []
  #waiting: (() => void)[] = []

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    child.on('message', (news: SinkNews) => {
      this.#news.push(news)
      this.#wake()
    })
    child.on('exit', () => this.#wake())
  }

  static async start(): Promise<Receiver> {
    const child = fork(fileURLToPath(new URL('sink.ts', import.meta.url)), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const port = await new Promise<number>((resolve, reject) => {
      child.once('exit', () => reject(new Error('the sink ended before it listened')))
      child.once('message', (news: SinkNews) => {
        if (news.type === 'listening') resolve(news.port)
      })
    })
    return new Receiver(child, port)
  }

  /** Forgets everything received and expects this. */
  expect(expectation: Omit<Expectation, 'type'>): void {
    this.#news = []
    this.#send({ type: 'expect', ...expectation })
  }

  /** Resolves with the monotonic time of the first or the last event that was missing; fails when `failed` does. */
  async heard(type: 'first' | 'all', failed: Promise<never>): Promise<number> {
    const news = await Promise.race([this.#next(type), failed])
    return 'at' in news ? news.at : 0
  }

  async report(): Promise<SinkReport> {
    this.#send({ type: 'report' })
    return (await this.#next('report')) as SinkReport
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect()
  }

  #send(command: SinkCommand): void {
    this.#child.send(command)
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async #next(type: SinkNews['type']): Promise<SinkNews> {
    for (;;) {
      const at = this.#news.findIndex((news) => news.type === type)
      if (at >= 0) return this.#news.splice(at, 1)[0] as SinkNews
      if (!this.#child.connected) throw new Error('the sink ended')
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }
}
