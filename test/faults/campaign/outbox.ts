// The application's side: appends events to an outbox while the relay runs, in pieces that tear lines, and rotates the file by
// renaming it.
import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Chance } from './chance.ts'
import type { Oracle } from './oracle.ts'
import type { Truth } from './truth.ts'

const newline = Buffer.from('\n')
const everyMs = 5

export class Outbox {
  readonly #folder: string
  readonly #truth: Truth
  readonly #oracle: Oracle
  readonly #chance: Chance
  #file: number
  #torn: Buffer | undefined
  #lines = 0
  #rotations = 0
  #timer: NodeJS.Timeout | undefined

  constructor(folder: string, parts: { readonly truth: Truth; readonly oracle: Oracle; readonly chance: Chance }) {
    this.#folder = folder
    this.#truth = parts.truth
    this.#oracle = parts.oracle
    this.#chance = parts.chance
    mkdirSync(folder, { recursive: true })
    this.#file = openSync(join(folder, 'app.jsonl'), 'a')
  }

  /** Appends about this many events a second until `stop`. */
  start(perSecond: number): void {
    this.#timer = setInterval(() => this.#append((perSecond * everyMs) / 1000), everyMs)
  }

  /** Ends what is torn and stops. */
  stop(): void {
    clearInterval(this.#timer)
    this.#mend()
  }

  close(): void {
    this.stop()
    closeSync(this.#file)
  }

  /** Appends `count` whole events. */
  write(count: number): void {
    this.#mend()
    const pieces: Buffer[] = []
    for (let index = 0; index < count; index++) pieces.push(this.#truth.line(this.#oracle.produced + index), newline)
    // The oracle must know before the relay can.
    this.#oracle.produced += count
    this.#lines += count
    writeSync(this.#file, Buffer.concat(pieces))
  }

  #append(mean: number): void {
    this.write(this.#chance.between(0, Math.ceil(mean * 2)))
    if (this.#lines > 4_000 && this.#chance.between(0, 20) === 0) this.#rotate()
    else if (this.#chance.between(0, 4) === 0) this.#tear()
  }

  #tear(): void {
    const line = this.#truth.line(this.#oracle.produced)
    const at = this.#chance.between(1, line.length)
    this.#torn = line.subarray(at)
    writeSync(this.#file, line.subarray(0, at))
  }

  #mend(): void {
    if (this.#torn === undefined) return
    this.#oracle.produced++
    this.#lines++
    writeSync(this.#file, Buffer.concat([this.#torn, newline]))
    this.#torn = undefined
  }

  #rotate(): void {
    closeSync(this.#file)
    const app = join(this.#folder, 'app.jsonl')
    renameSync(app, join(this.#folder, `app-${String(++this.#rotations).padStart(4, '0')}.jsonl`))
    this.#file = openSync(app, 'a')
    this.#lines = 0
  }
}
