// A campaign of pulls: sources with late events, ties, limits and faults, a relay that is ended in many ways, a webhook and an archive,
// and at the end the verdict. Everything lies in one temporary folder.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chance, type Chance } from '../campaign/chance.ts'
import { CLI, type End, RelayProcess } from '../campaign/process.ts'
import { Receiver } from '../campaign/receiver.ts'
import { ALL_SHOWN_MS } from './lateness.ts'
import { Arrivals, type PullVerdict } from './pull-oracle.ts'
import { RecordHost } from './record-host.ts'
import { SourceTime } from './source-time.ts'
import { Trouble } from './trouble.ts'
import { ZitadelHost } from './zitadel-host.ts'

const BATCH = 50
const IN_FLIGHT = 4
/** Duplicates that one kill may cause at the webhook: what is in flight, and what a settlement groups. */
export const DUPLICATES_PER_KILL = IN_FLIGHT * BATCH + 2_000

const everyMs = 25
const perSecond = 40
const pollMs = 50
/** How long a last relay reads what is written. */
const calmMs = 6_000
const stallMs = 60_000
/** What was written while lives were short is read first; meanwhile something arrives all the time. */
const silenceMs = 15_000

export interface PullSetting {
  readonly seed: number
}

export interface PullVerdicts {
  readonly hook: PullVerdict
  readonly archive: PullVerdict
  /** How long it took after the last kill until everything older had been read, and from then on how long a fresh event took, ms. */
  readonly caughtUpMs: number
  readonly freshMs: number
  /** What arrived again although no relay was killed any more. */
  readonly doubled: number
}

export class PullCampaign {
  readonly chance: Chance
  readonly trouble: Trouble
  readonly time = new SourceTime()
  readonly hook = new Arrivals()
  readonly archived = new Arrivals()
  readonly receiver: Receiver
  readonly #folder = mkdtempSync(join(tmpdir(), 'audit-relay-pulls-'))
  #hosts!: { readonly zitadel: ZitadelHost; readonly feed: RecordHost; readonly list: RecordHost }
  #timer: NodeJS.Timeout | undefined
  #writtenTo = 0

  private constructor({ seed }: PullSetting) {
    this.chance = chance(seed)
    this.trouble = new Trouble(chance(seed + 1))
    this.receiver = new Receiver({
      chance: chance(seed + 2),
      maxDelayMs: 8,
      deliver: (_, event) => this.hook.add(event),
    })
  }

  static async start(setting: PullSetting): Promise<PullCampaign> {
    const campaign = new PullCampaign(setting)
    const parts = { time: campaign.time, chance: chance(setting.seed + 3), trouble: campaign.trouble }
    const [zitadel, feed, list] = [
      await ZitadelHost.start(parts),
      await RecordHost.start('feed', parts),
      await RecordHost.start('list', parts),
    ]
    campaign.#hosts = { zitadel, feed, list }
    campaign.#configure(await campaign.receiver.listen())
    // What the sources hold before anybody asks.
    campaign.#writtenTo = campaign.time.now() - 600_000
    campaign.write(600)
    campaign.#timer = setInterval(() => campaign.write((perSecond * everyMs) / 1000), everyMs)
    return campaign
  }

  /** About so many events in each source, of the time since the last that were written. */
  write(mean: number): void {
    const [from, to] = [this.#writtenTo, Math.max(this.time.now(), this.#writtenTo + 1)]
    this.#writtenTo = to
    for (const host of Object.values(this.#hosts)) host.write(this.chance.between(0, Math.ceil(mean * 2) + 1), from, to)
  }

  /** So many events of the list, of a time long ago. */
  writeBack(count: number, from: number, to: number): void {
    this.#hosts.list.write(count, from, to)
  }

  /** How many events of the list of that time the webhook has got. */
  backfilled(from: number, to: number): number {
    const wanted = this.#hosts.list.truth().filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < to)
    return wanted.filter(({ id }) => this.hook.ids.has(id)).length
  }

  relay(environment: Readonly<Record<string, string>> = {}): RelayProcess {
    return new RelayProcess([CLI, 'run', '--config', this.config], environment)
  }

  /** Runs another command on the campaign's configuration to its end. */
  command(...args: string[]): Promise<End> {
    return new RelayProcess([CLI, ...args, '--config', this.config]).ended
  }

  /** While no relay runs: the sources' time leaps, and they are written to as before. */
  leap(ms: number, events: number): void {
    this.time.leap(ms)
    this.write(events)
    this.#hosts.zitadel.change()
  }

  /**
   * Nothing goes wrong any more. One relay settles what the last kill left and reads what is new; another reads for a while, reaching
   * back again and again; when nothing more is written, others look everywhere once more, as long afterwards as any sweep is due.
   */
  async drain(): Promise<PullVerdicts> {
    this.trouble.on = false
    let [caughtUpMs, freshMs] = [Infinity, Infinity]
    await this.run(async () => {
      caughtUpMs = await this.#catchUp()
      freshMs = await this.fresh()
    })
    const repeats = this.hook.repeats
    await this.run(() => sleep(calmMs))
    clearInterval(this.#timer)
    for (let look = 0; look < 2; look++) {
      this.leap(ALL_SHOWN_MS, 0)
      const before = this.trouble.requests
      await this.run(async () => {
        await this.until(() => this.trouble.requests >= before + 30)
        await this.#complete()
      })
    }
    this.#readArchive()
    const truth = this.#truth()
    const verdicts = { hook: this.hook.verdict(truth), archive: this.archived.verdict(truth) }
    return { ...verdicts, caughtUpMs, freshMs, doubled: this.hook.repeats - repeats }
  }

  /** One relay, from its start to a clean stop after `work`. */
  async run(work: () => Promise<unknown>): Promise<void> {
    const relay = this.relay()
    await relay.started
    await Promise.race([work(), relay.ended]).finally(() => relay.kill('SIGTERM'))
    const end = await relay.ended
    if (end.code !== 0) throw new Error(`the relay ended with ${end.code ?? end.signal}:\n${end.said}`)
  }

  /** How long a fresh event takes from its source to the webhook, ms. */
  async fresh(): Promise<number> {
    const at = performance.now()
    await this.until(this.#freshArrival())
    return performance.now() - at
  }

  /** Resolves when it holds, or after a long while. */
  async until(holds: () => boolean): Promise<void> {
    for (const since = performance.now(); !holds() && performance.now() - since < stallMs;) await sleep(pollMs)
  }

  /** How long it takes until what was written before now has been read, ms; infinite when nothing arrives any more before that. */
  async #catchUp(): Promise<number> {
    const at = performance.now()
    const arrived = this.#freshArrival()
    for (let last = -1, since = at; !arrived(); await sleep(pollMs * 4)) {
      const count = this.#ids().filter((id) => this.hook.ids.has(id)).length
      if (count !== last) [last, since] = [count, performance.now()]
      if (performance.now() - since > silenceMs) return Infinity
    }
    return performance.now() - at
  }

  /** Writes something, and tells whether any of it has arrived: of the source that has no cursor, and so reads what is older first. */
  #freshArrival(): () => boolean {
    const before = new Set(this.#ids())
    let fresh: readonly string[] = []
    while (fresh.length === 0) {
      this.write(50)
      fresh = this.#ids().filter((id) => !before.has(id))
    }
    return () => fresh.some((id) => this.hook.ids.has(id))
  }

  /** How many events the sources hold. */
  get count(): number {
    return Object.values(this.#hosts).reduce((sum, { count }) => sum + count, 0)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.receiver.close()
    for (const host of Object.values(this.#hosts)) await host.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get config(): string {
    return join(this.#folder, 'audit-relay.yaml')
  }

  get #archive(): string {
    return join(this.#folder, 'archive')
  }

  #truth() {
    const { zitadel, feed, list } = this.#hosts
    return new Map([
      ['zitadel', zitadel.truth()],
      ['feed', feed.truth()],
      ['list', list.truth()],
    ])
  }

  #ids(): readonly string[] {
    return this.#hosts.zitadel.truth().map(({ id }) => id)
  }

  /** Resolves when nothing is missing anywhere, or nothing has moved for a long while. */
  async #complete(): Promise<void> {
    const truth = this.#truth()
    for (let last = '', since = performance.now(); performance.now() - since < stallMs; await sleep(pollMs * 4)) {
      this.#readArchive()
      const missing = [this.hook, this.archived].map((arrivals) => arrivals.verdict(truth).lost)
      if (missing.every((lost) => lost === 0)) return
      if (missing.join() === last) continue
      last = missing.join()
      since = performance.now()
    }
  }

  #readArchive(): void {
    this.archived.forget()
    for (const name of readdirSync(this.#archive).filter((file) => file.endsWith('.jsonl')))
      for (const line of readFileSync(join(this.#archive, name), 'utf8').split('\n'))
        if (line !== '') this.archived.add(Buffer.from(line))
  }

  #configure(url: string): void {
    mkdirSync(this.#archive, { recursive: true })
    const { zitadel, feed, list } = this.#hosts
    const settings = {
      // Settled pages are pruned at once: what was read must be remembered without them.
      state: { path: './state.db', keep: '1s' },
      sources: { zitadel: zitadel.entry(), feed: feed.feed(), list: list.list() },
      destinations: {
        hook: { type: 'webhook', batch: BATCH, in_flight: IN_FLIGHT, url: `${url}/hook` },
        archive: { type: 'file', path: './archive' },
      },
    }
    // JSON is YAML.
    writeFileSync(this.config, JSON.stringify(settings, null, 2))
  }
}
