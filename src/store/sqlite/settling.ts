// Writes what a destination has learned: positions, exceptions, attempts and the ledger, all of it or none.
import type { Settlement } from '../store.ts'
import { QUEUES } from '../store.ts'
import { addSettled } from '../ranges.ts'
import type { Attempts } from './attempts.ts'
import type { Destinations } from './destinations.ts'
import type { Exceptions } from './exceptions.ts'
import type { RequestRows } from './request-rows.ts'
import { dayOf, type Sources } from './sources.ts'

/** The tables that a settlement touches. */
export interface SettlingTables {
  readonly sources: Sources
  readonly destinations: Destinations
  readonly exceptions: Exceptions
  readonly attempts: Attempts
  readonly requests: RequestRows
}

export class Settling {
  readonly #tables: SettlingTables

  constructor(tables: SettlingTables) {
    this.#tables = tables
  }

  settle(settlement: Settlement, now: number): void {
    const { destinations, exceptions, attempts, requests } = this.#tables
    const { id } = destinations.get(settlement.destination)
    const replays = new ReplayCounts()
    this.#positions(id, settlement.settled)
    for (const seq of settlement.retried) replays.add(exceptions.remove(id, seq), 'delivered')
    this.#setAside(id, settlement, { now, replays })
    this.#delivered(id, settlement.delivered, now)
    attempts.add(id, settlement.attempts)
    for (const [request, counts] of replays.all) requests.count(request, counts, now)
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

  #setAside(id: number, { retried, retrying, dead }: Settlement, at: { now: number; replays: ReplayCounts }): void {
    const { destinations, exceptions } = this.#tables
    const { now, replays } = at
    let retryingChange = -retried.length
    for (const event of retrying)
      if (!exceptions.put(id, this.#source(event.source), event, now).wasRetrying) retryingChange++
    for (const event of dead) {
      const source = this.#source(event.source)
      const before = exceptions.put(id, source, event, now)
      if (before.wasRetrying) retryingChange--
      replays.add(before.request, 'dead')
      destinations.count(id, source, dayOf(now), { dead: 1 })
    }
    destinations.setAside(id, { retrying: retryingChange, dead: dead.length })
  }

  #delivered(id: number, delivered: Settlement['delivered'], now: number): void {
    let total = 0
    for (const [source, count] of delivered) {
      this.#tables.destinations.count(id, this.#source(source), dayOf(now), { delivered: count })
      total += count
    }
    if (total > 0) this.#tables.exceptions.confirm(id)
  }

  #source(name: string): number {
    const source = this.#tables.sources.find(name)
    if (!source) throw new Error(`source "${name}" has no events`)
    return source.id
  }
}

/** What a settlement tells of replays, by request. */
class ReplayCounts {
  readonly all = new Map<number, { delivered: number; dead: number }>()

  add(request: number | null, what: 'delivered' | 'dead'): void {
    if (request === null) return
    const counts = this.all.get(request) ?? { delivered: 0, dead: 0 }
    counts[what]++
    this.all.set(request, counts)
  }
}
