// Writes what a destination has learned: positions, exceptions, attempts and the ledger, all of it or none.
import type { Moment } from '../elapsed.ts'
import type { SetAside, Settlement } from '../store.ts'
import { QUEUES } from '../store.ts'
import { type Death, noticesOfDeaths } from '../notices.ts'
import { addSettled } from '../ranges.ts'
import type { Attempts } from './attempts.ts'
import type { Destinations } from './destinations.ts'
import type { Before, Exceptions, Fate } from './exceptions.ts'
import type { Notices } from './notices.ts'
import { ReplayCounts, Resettled } from './replay-counts.ts'
import type { RequestRows } from './request-rows.ts'
import type { RoutingRows } from './routing.ts'
import { dayOf, type Sources } from './sources.ts'

/** The tables that a settlement touches. */
export interface SettlingTables {
  readonly sources: Sources
  readonly destinations: Destinations
  readonly routing: RoutingRows
  readonly exceptions: Exceptions
  readonly attempts: Attempts
  readonly requests: RequestRows
  readonly notices: Notices
}

/** What setting aside goes with. */
interface SettingAside {
  readonly at: Moment
  readonly replays: ReplayCounts
  readonly again: Resettled | null
}

export class Settling {
  readonly #tables: SettlingTables

  constructor(tables: SettlingTables) {
    this.#tables = tables
  }

  settle(settlement: Settlement, at: Moment): void {
    const { now } = at
    const { destinations, routing, exceptions, attempts, requests, notices } = this.#tables
    const row = destinations.get(settlement.destination)
    const { id } = row
    const replays = new ReplayCounts()
    const again = Resettled.of(row, settlement.settled, routing)
    this.#positions(id, settlement.settled)
    for (const seq of settlement.retried) replays.add(exceptions.remove(id, seq), 'delivered')
    this.#setAside(id, settlement, { at, replays, again })
    if (again) replays.add(again.request, 'delivered', again.delivered)
    const stands = this.#delivered(id, settlement.delivered, at)
    attempts.add(id, settlement.attempts)
    for (const [request, counts] of replays.all) requests.count(request, counts, now)
    const deaths = [...settlement.dead.filter(({ provisional }) => !provisional), ...stands]
    notices.add(noticesOfDeaths(settlement.destination, deaths), now)
    notices.add(settlement.notices ?? [], now)
  }

  /** Provisional rejects go back to waiting for an attempt. Returns how many. */
  exhume(destination: string, now: number): number {
    const { destinations, exceptions, requests } = this.#tables
    const { id } = destinations.get(destination)
    const provisional = exceptions.provisional(id)
    for (const { source, request } of provisional) {
      destinations.count(id, source, dayOf(now), { dead: -1 })
      if (request !== null) requests.reopen(request)
    }
    exceptions.exhume(id, now)
    destinations.setAside(id, { retrying: provisional.length, dead: -provisional.length })
    return provisional.length
  }

  #positions(id: number, settled: Settlement['settled']): void {
    const { destinations } = this.#tables
    QUEUES.forEach((queue, number) => {
      const ranges = settled.filter((one) => one.queue === queue)
      if (ranges.length === 0) return
      const before = destinations.settled(id, number)
      destinations.saveSettled(
        id,
        number,
        ranges.reduce((progress, { range }) => addSettled(progress, range), before),
      )
    })
  }

  #setAside(id: number, { retried, retrying, dead }: Settlement, on: SettingAside): void {
    const { destinations } = this.#tables
    const { at, replays } = on
    let retryingChange = -retried.length
    for (const event of retrying)
      if (!this.#put(id, this.#source(event.source), event, on).wasRetrying) retryingChange++
    for (const event of dead) {
      const source = this.#source(event.source)
      const before = this.#put(id, source, event, on)
      if (before.wasRetrying) retryingChange--
      replays.add(before.request, 'dead')
      destinations.count(id, source, dayOf(at.now), { dead: 1 })
    }
    destinations.setAside(id, { retrying: retryingChange, dead: dead.length })
  }

  /** What the replay queue gives up is still the replay's: its request counts what becomes of it. */
  #put(id: number, source: number, event: SetAside & Fate, { at, again }: SettingAside): Before {
    const { exceptions } = this.#tables
    const before = exceptions.put(id, source, event, at)
    if (!again || before.wasRetrying || !again.takes(event.seq)) return before
    exceptions.claim(id, event.seq, again.request)
    return { ...before, request: again.request }
  }

  /** Returns the dead letters that were provisional until now. */
  #delivered(id: number, delivered: Settlement['delivered'], { now, age }: Moment): readonly Death[] {
    let total = 0
    for (const [source, count] of delivered) {
      this.#tables.destinations.count(id, this.#source(source), dayOf(now), { delivered: count })
      total += count
    }
    if (total === 0) return []
    const confirmed = this.#tables.exceptions.confirm(id, age)
    return confirmed.map((one) => ({ ...one, source: this.#tables.sources.nameOf(one.source) }))
  }

  #source(name: string): number {
    const source = this.#tables.sources.find(name)
    if (!source) throw new Error(`source "${name}" has no events`)
    return source.id
  }
}
