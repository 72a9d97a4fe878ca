// Writes what a destination has learned: positions, exceptions, attempts and the ledger, all of it or none.
import type { Settlement } from '../store.ts'
import { QUEUES } from '../store.ts'
import { addSettled } from '../ranges.ts'
import type { Attempts } from './attempts.ts'
import type { Destinations } from './destinations.ts'
import type { Exceptions } from './exceptions.ts'
import { dayOf, type Sources } from './sources.ts'

/** The tables that a settlement touches. */
export interface SettlingTables {
  readonly sources: Sources
  readonly destinations: Destinations
  readonly exceptions: Exceptions
  readonly attempts: Attempts
}

export class Settling {
  readonly #tables: SettlingTables

  constructor(tables: SettlingTables) {
    this.#tables = tables
  }

  settle(settlement: Settlement, now: number): void {
    const { destinations, exceptions, attempts } = this.#tables
    const { id } = destinations.get(settlement.destination)
    this.#positions(id, settlement.settled)
    for (const seq of settlement.retried) exceptions.remove(id, seq)
    this.#setAside(id, settlement, now)
    this.#delivered(id, settlement.delivered, now)
    attempts.add(id, settlement.attempts)
  }

  /** Provisional rejects go back to waiting for an attempt. Returns how many. */
  exhume(destination: string, now: number): number {
    const { destinations, exceptions } = this.#tables
    const { id } = destinations.get(destination)
    const provisional = exceptions.provisional(id)
    for (const { source } of provisional) destinations.count(id, source, dayOf(now), { dead: -1 })
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

  #setAside(id: number, { retried, retrying, dead }: Settlement, now: number): void {
    const { destinations, exceptions } = this.#tables
    let retryingChange = -retried.length
    for (const event of retrying) if (!exceptions.put(id, this.#source(event.source), event, now)) retryingChange++
    for (const event of dead) {
      const source = this.#source(event.source)
      if (exceptions.put(id, source, event, now)) retryingChange--
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
