// A poller over a source that is read in windows and a store in memory, on a clock that a test moves; both survive what the test kills.
import { compileFilter } from '../../../src/filters/compile.ts'
import { Identity } from '../../../src/model/identity.ts'
import { eventBytes } from '../../../src/model/page.ts'
import { Poller, type Pull } from '../../../src/polling/poller.ts'
import { openReader } from '../../../src/polling/reader.ts'
import { SharedSource } from '../../../src/polling/shared-source.ts'
import { viewOf } from '../../../src/polling/window-state.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import type { WindowDefaults } from '../../../src/sources/source.ts'
import { openMemoryStore } from '../../../src/store/memory/open.ts'
import type { PageCommit, Store } from '../../../src/store/store.ts'
import type { TelemetryEvent } from '../../../src/telemetry/events.ts'
import { lateKind, type LateWorld, lateWorld } from '../../fakes/late-source.ts'

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour
export const start = Date.UTC(2026, 4, 17, 8)

const usual: WindowDefaults = {
  startMs: hour,
  settleMs: 10 * second,
  overlapMs: 5 * minute,
  maxWindowMs: hour,
  sweepsMs: [hour, 6 * hour],
  retentionMs: null,
}

export class Rig {
  /** True time, and how far the relay's own clock is off. */
  now = start
  skew = 0
  /** How far the clock that the source tells of is off. */
  sourceSkew = 0
  #monotonic = 0
  readonly world: LateWorld
  readonly commits: PageCommit[] = []
  readonly events: TelemetryEvent[] = []
  /** Called before each commit; throws what the store throws. */
  refuse: (commit: PageCommit) => void = () => {}
  readonly store: Store
  readonly clock: Clock = {
    now: () => this.now + this.skew,
    monotonic: () => this.#monotonic,
    sleep: (ms) => Promise.resolve(this.pass(ms)),
  }
  /** Whether answers tell the time. */
  tells = true
  #shared: SharedSource
  #poller: Poller

  constructor(settings: Partial<WindowDefaults> = {}) {
    this.world = lateWorld({ ...usual, ...settings }, () => this.now)
    this.world.heard = () => this.hear()
    const store = openMemoryStore()
    const commitPage: Store['commitPage'] = async (commit, now) => {
      this.refuse(commit)
      const committed = await store.commitPage(commit, now)
      this.commits.push(commit)
      return committed
    }
    this.store = new Proxy(store, { get: (target, key) => (key === 'commitPage' ? commitPage : bound(target, key)) })
    this.#shared = new SharedSource(this.clock)
    this.#poller = this.#newPoller()
  }

  pass(ms: number): void {
    this.now += ms
    this.#monotonic += ms
  }

  pull(dueInMs = Infinity): Promise<Pull> {
    return this.#poller.step(new AbortController().signal, dueInMs)
  }

  /** Another process goes on with what the state holds. */
  restart(): void {
    this.#shared = new SharedSource(this.clock)
    this.#poller = this.#newPoller()
  }

  async register(): Promise<void> {
    const all = { name: 'all', type: 'test', definition: '{}', sources: null, enabled: true }
    await this.store.register([all], this.now)
  }

  /** Every event that a destination would get, in order. */
  async held(): Promise<readonly string[]> {
    const found: string[] = []
    for (let from = 0; ;) {
      const next = await this.store.nextPage('all', 'live', from)
      if ('end' in next) return found
      const { page, firstSeq } = next
      for (let index = 0; index < page.count; index++) found.push(idOf(eventBytes(page, index)))
      from = firstSeq + page.count
    }
  }

  async view(lane = 'live', part = '') {
    const cursors = await this.store.cursors('late')
    const cursor = cursors.find((one) => one.lane === lane && one.part === part)
    return cursor ? viewOf(cursor.value) : null
  }

  /** An answer tells the time. */
  hear(): void {
    if (this.tells) this.#shared.clock.observe({ date: new Date(this.now + this.sourceSkew).toUTCString() })
  }

  #newPoller(): Poller {
    const { store, clock } = this
    const identity = new Identity(store.identity.secret)
    const routes = [{ destination: 'all', filter: compileFilter({}) }]
    const known = { name: 'late', kind: heardKind(this), options: () => ({}), routes, identity, clock }
    const telemetry = { emit: (event: TelemetryEvent) => void this.events.push(event) }
    const open: ConstructorParameters<typeof Poller>[0]['open'] = (_, cursors, notice) =>
      Promise.resolve().then(() => openReader({ ...known, shared: this.#shared }, cursors, notice))
    return new Poller({ name: 'late', everyMs: 30_000, store, open, clock, telemetry, committed: () => {} })
  }
}

/** The source of the world; one that tells the time has asked for a client. */
function heardKind(rig: Rig): ReturnType<typeof lateKind> {
  const kind = lateKind(rig.world)
  return {
    ...kind,
    open(options, tools) {
      if (rig.tells) void tools.http().close()
      return kind.open(options, tools)
    },
  }
}

function bound(target: object, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key)
  return typeof value === 'function' ? (value as () => unknown).bind(target) : value
}

function idOf(bytes: Uint8Array): string {
  return (JSON.parse(Buffer.from(bytes).toString()) as { event_id: string }).event_id
}
