// A campaign: an application that writes, a relay that is ended in many ways, destinations that listen, and at the end the
// oracle's verdict. Everything lies in one temporary folder.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chance, type Chance } from './chance.ts'
import { Oracle, type Verdict } from './oracle.ts'
import { Outbox } from './outbox.ts'
import { CLI, type End, RelayProcess } from './process.ts'
import { type Moment, Receiver } from './receiver.ts'
import { truth } from './truth.ts'

const BATCH = 50
const IN_FLIGHT = 4
/** How long settled pages are kept. */
export const KEEP_MS = 1_000
/** Duplicates that one kill may cause at one destination: what is in flight, and what a settlement groups. */
export const DUPLICATES_PER_KILL = IN_FLIGHT * BATCH + 2_000

export const DESTINATIONS = ['hook', 'failures', 'archive'] as const
type Destination = (typeof DESTINATIONS)[number]

export interface Setting {
  readonly seed: number
  readonly eventsPerSecond: number
  /** What is run as `<program> run --config FILE`; the CLI unless a checker is being checked. */
  readonly program?: string
  readonly environment?: Readonly<Record<string, string>>
  /** How long nothing may move before the last relay is stopped although something is missing, ms. */
  readonly stallMs?: number
  /** Changes what a destination received before the oracle sees it: none, one or several events. */
  readonly tamper?: (destination: string, event: Buffer) => readonly Buffer[]
}

export type Verdicts = Readonly<Record<Destination, Verdict>>

/** Longer than the first two delays of the retry schedule: on a busy machine a request may time out, and then nothing moves for a while. */
const defaultStallMs = 180_000
const pollMs = 50

export class Campaign {
  readonly chance: Chance
  readonly oracle: Oracle
  readonly receiver: Receiver
  readonly outbox: Outbox
  readonly #folder: string
  readonly #setting: Setting

  private constructor(setting: Setting) {
    const facts = truth(setting.seed)
    this.#setting = setting
    this.#folder = mkdtempSync(join(tmpdir(), 'audit-relay-campaign-'))
    this.chance = chance(setting.seed)
    this.oracle = new Oracle(facts, { name: 'app', type: 'outbox' })
    this.oracle.expect('hook', () => true, true)
    this.oracle.expect('failures', (ordinal) => facts.isFailure(ordinal), false)
    this.oracle.expect('archive', () => true, true)
    this.outbox = new Outbox(join(this.#folder, 'outbox'), {
      truth: facts,
      oracle: this.oracle,
      chance: chance(setting.seed + 1),
    })
    const tamper = setting.tamper ?? ((_, event) => [event])
    this.receiver = new Receiver({
      chance: chance(setting.seed + 2),
      maxDelayMs: 8,
      deliver: (destination, event) => {
        for (const one of tamper(destination, event)) this.oracle.deliver(destination, one)
      },
    })
  }

  static async start(setting: Setting): Promise<Campaign> {
    const campaign = new Campaign(setting)
    campaign.#configure(await campaign.receiver.listen())
    campaign.outbox.start(setting.eventsPerSecond)
    return campaign
  }

  /** A new relay process on the campaign's state. */
  relay(environment: Readonly<Record<string, string>> = {}): RelayProcess {
    const { program = CLI } = this.#setting
    return new RelayProcess([program, 'run', '--config', this.#config], {
      ...this.#setting.environment,
      ...environment,
    })
  }

  /** Runs another command on the campaign's configuration to its end. */
  command(...args: string[]): Promise<End> {
    return new RelayProcess([CLI, ...args, '--config', this.#config]).ended
  }

  /** Runs a relay until `moment` of its `nth` request, or until `limitMs` have passed. */
  async untilMoment(moment: Moment, nth: number, limitMs: number): Promise<void> {
    let left = nth
    const hit = new Promise<void>((resolve) => {
      this.receiver.onMoment = (now) => {
        if (now === moment && --left === 0) resolve()
      }
    })
    await Promise.race([hit, sleep(limitMs)])
    this.receiver.onMoment = () => {}
  }

  /** The application falls silent; a last relay delivers what is left and is stopped. Returns the verdicts. */
  async drain(): Promise<Verdicts> {
    this.outbox.stop()
    const relay = this.relay()
    await relay.started
    await Promise.race([this.#delivered(), relay.ended])
    relay.kill('SIGTERM')
    const end = await relay.ended
    if (end.code !== 0) throw new Error(`the last relay ended with ${end.code ?? end.signal}:\n${end.said}`)
    this.#readArchive()
    const verdict = (destination: Destination): Verdict => this.oracle.verdict(destination)
    return { hook: verdict('hook'), failures: verdict('failures'), archive: verdict('archive') }
  }

  /** Stops everything and removes the folder. */
  async close(): Promise<void> {
    this.outbox.close()
    await this.receiver.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #config(): string {
    return join(this.#folder, 'audit-relay.yaml')
  }

  get #archive(): string {
    return join(this.#folder, 'archive')
  }

  #configure(url: string): void {
    mkdirSync(this.#archive, { recursive: true })
    const webhook = { type: 'webhook', batch: BATCH, in_flight: IN_FLIGHT }
    const settings = {
      // Settled pages are pruned at once: a campaign must see pruning, too.
      state: { path: './state.db', keep: `${KEEP_MS}ms` },
      sources: { app: { type: 'outbox', path: './outbox/*.jsonl' } },
      destinations: {
        hook: { ...webhook, url: `${url}/hook` },
        failures: {
          ...webhook,
          url: `${url}/failures`,
          filter: { types: ['auth.*', 'security.*'], outcome: 'failure' },
        },
        archive: { type: 'file', path: './archive' },
      },
    }
    // JSON is YAML.
    writeFileSync(this.#config, JSON.stringify(settings, null, 2))
  }

  /** Resolves when nothing is missing anywhere, or nothing has moved for a long while. */
  async #delivered(): Promise<void> {
    const { stallMs = defaultStallMs } = this.#setting
    for (let last = '', since = performance.now(); performance.now() - since < stallMs; await sleep(pollMs)) {
      const missing = [this.oracle.missing('hook'), this.oracle.missing('failures')]
      if (missing.every((count) => count <= 0)) {
        this.#readArchive()
        missing.push(this.oracle.missing('archive'))
      }
      if (missing.length > 2 && missing.every((count) => count <= 0)) return
      if (missing.join() === last) continue
      last = missing.join()
      since = performance.now()
    }
  }

  /** Counts the archive anew. A torn line is no event, so the oracle calls it invented. */
  #readArchive(): void {
    this.oracle.forget('archive')
    for (const name of readdirSync(this.#archive).filter((file) => file.endsWith('.jsonl'))) {
      const bytes = readFileSync(join(this.#archive, name))
      for (let start = 0, end = 0; start < bytes.length; start = end + 1) {
        end = bytes.indexOf(0x0a, start)
        if (end < 0) end = bytes.length
        for (const event of this.#tampered(bytes.subarray(start, end))) this.oracle.deliver('archive', event)
      }
    }
  }

  #tampered(event: Buffer): readonly Buffer[] {
    return this.#setting.tamper?.('archive', event) ?? [event]
  }
}
