// Everything that is judged of a history with operators: each destination, the requests, and what was said of all of it.
import type { MemoryState } from '../../src/store/memory/memory-state.ts'
import { judgeAudit, judgeExpiry, judgeNotices, judgeOwnBytes } from './judge-announcements.ts'
import { judgeRequests, type Order } from './judge-requests.ts'
import { judgeSite, type SiteExpectation, type Told } from './judge-site.ts'
import type { Site } from './site.ts'
import type { Read, Witness } from './witness.ts'

export interface HistoryParts {
  readonly state: MemoryState
  readonly witness: Witness
  readonly orders: readonly Order[]
  readonly kills: number
}

export interface HistoryJudgement {
  readonly faults: readonly string[]
  readonly seen: ReadonlySet<string>
}

export function judgeHistory(parts: HistoryParts): HistoryJudgement {
  const { state, witness, orders } = parts
  const seen = new Set<string>()
  const faults = [...witness.faults]
  for (const site of witness.sites) {
    if (site.knownAs === undefined) continue
    const judgement = judgeSite(site, expectationOf(site, parts))
    for (const what of judgement.seen) seen.add(what)
    faults.push(...judgement.faults, ...judgeExpiry(site), ...judgeOwnBytes(state, site))
  }
  faults.push(...judgeRequests({ orders, requests: state.requests, reads: witness.reads }))
  faults.push(...judgeNotices(state, witness.reads), ...judgeAudit(state))
  return { faults, seen }
}

function expectationOf(site: Site, { state, witness, orders, kills }: HistoryParts): SiteExpectation {
  const reads = [...witness.reads.values()]
  const chosen = (kind: Order['asked']['kind']): readonly Order[] => orders.filter(({ asked }) => asked.kind === kind)
  const keysAt = (order: Order): readonly string[] => order.chosen.find((one) => one.site === site)?.keys ?? []
  const copies = chosen('replay_dead_letters').filter((order) => isCopyTo(order, site))
  const copied = copies.flatMap((order) => order.chosen.flatMap(({ keys }) => keys))
  const own = chosen('replay_dead_letters').filter(({ asked }) => 'to' in asked && asked.to === null)
  const resent = new Map<string, number>()
  for (const key of [...copied, ...own.flatMap(keysAt)]) resent.set(key, (resent.get(key) ?? 0) + 1)
  const periods = chosen('replay_events').filter(({ sites: [only] }) => only === site)
  const replays = ({ key, occurredAt }: Read): number =>
    (resent.get(key) ?? 0) +
    periods.filter(({ asked }) => asked.kind === 'replay_events' && asked.from <= occurredAt && occurredAt < asked.to)
      .length
  const purged = new Set(chosen('purge_dead_letters').flatMap(keysAt))
  return { reads, told: toldOf(site, state, witness), kills, purged, replays, copied: new Set(copied) }
}

function isCopyTo({ asked, sites: [target] }: Order, site: Site): boolean {
  return asked.kind === 'replay_dead_letters' && asked.to !== null && target === site
}

function toldOf(site: Site, state: MemoryState, witness: Witness): Told {
  const removed = site.deeds.find((deed) => deed.kind === 'removed')
  if (removed?.kind === 'removed') return { dropped: removed.dropped, dead: new Set() }
  const { exceptions, dropped } = state.destination(site.knownAs ?? '')
  const dead = [...exceptions.values()].filter(({ nextAt }) => nextAt === null)
  return { dropped, dead: new Set(dead.map(({ seq }) => witness.keyOf(seq) ?? '')) }
}
