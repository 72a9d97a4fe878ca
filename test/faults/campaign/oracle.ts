// Knows what was produced and who wants it, is told of every delivery, and says what was lost, invented, altered, misrouted or
// delivered twice.
import { OwnEvents } from './own.ts'
import type { Truth } from './truth.ts'

/** What became of everything at one destination. `lost` and the like name the first few ordinals for the message. */
export interface Verdict {
  readonly wanted: number
  readonly received: number
  readonly lost: number
  readonly invented: number
  readonly altered: number
  /** Events that the destination's filter does not pass. */
  readonly misrouted: number
  readonly duplicates: number
  readonly examples: readonly string[]
}

interface Ledger {
  readonly name: string
  readonly wants: (ordinal: number) => boolean
  /** Whether its filter passes the relay's own events. */
  readonly wantsOwn: boolean
  readonly own: OwnEvents
  /** Ordinals received. */
  readonly seen: Set<number>
  /** How many ordinals below `countedTo` are wanted. */
  wanted: number
  countedTo: number
  received: number
  invented: number
  altered: number
  misrouted: number
  duplicates: number
  readonly examples: string[]
}

const maxExamples = 8

export class Oracle {
  /** Events below this ordinal stand completely in the outbox. */
  produced = 0
  readonly #truth: Truth
  readonly #source: string
  readonly #ledgers = new Map<string, Ledger>()

  constructor(truth: Truth, source: { readonly name: string; readonly type: string }) {
    this.#truth = truth
    this.#source = JSON.stringify({ name: source.name, type: source.type })
  }

  /** A destination, and which ordinals it is to get. */
  expect(name: string, wants: (ordinal: number) => boolean, wantsOwn: boolean): void {
    const counts = { wanted: 0, countedTo: 0, received: 0, invented: 0, altered: 0, misrouted: 0, duplicates: 0 }
    const own = { wantsOwn, own: new OwnEvents() }
    this.#ledgers.set(name, { name, wants, ...own, seen: new Set(), ...counts, examples: [] })
  }

  /** One event as it arrived at `destination`. */
  deliver(destination: string, event: Buffer): void {
    const ledger = this.#ledger(destination)
    if (this.#own(ledger, event)) return
    ledger.received++
    const ordinal = this.#truth.ordinalOf(idOf(event))
    if (ordinal < 0 || ordinal >= this.produced) {
      ledger.invented++
      return remember(ledger, `invented: ${event.subarray(0, 300).toString()}`)
    }
    const fault = this.#difference(destination, event, ordinal)
    if (fault !== undefined) {
      ledger.altered++
      remember(ledger, `altered ${ordinal}: ${fault}`)
    }
    if (ledger.seen.has(ordinal)) return void ledger.duplicates++
    ledger.seen.add(ordinal)
    if (ledger.wants(ordinal)) return
    ledger.misrouted++
    remember(ledger, `misrouted ${ordinal}`)
  }

  /** Looks at an event of the relay's own; false when it is none. */
  #own(ledger: Ledger, event: Buffer): boolean {
    const arrival = ledger.own.arrival(ledger.name, ledger.wantsOwn, event)
    if (arrival === undefined) return false
    if (arrival === 'again') ledger.duplicates++
    if (typeof arrival === 'string') return true
    ledger.invented++
    remember(ledger, `own event: ${arrival.fault}: ${event.subarray(0, 300).toString()}`)
    return true
  }

  /** How many wanted events have not come yet. */
  missing(destination: string): number {
    const ledger = this.#ledger(destination)
    return this.#wanted(ledger) + ledger.misrouted - ledger.seen.size
  }

  /** Forgets what a destination got, to count it anew (an archive is read as a whole). */
  forget(destination: string): void {
    const { wants, wantsOwn } = this.#ledger(destination)
    this.expect(destination, wants, wantsOwn)
  }

  verdict(destination: string): Verdict {
    const ledger = this.#ledger(destination)
    const lost = this.#lost(ledger)
    const examples = [...lost.slice(0, maxExamples).map((ordinal) => `lost ${ordinal}`), ...ledger.examples]
    const { received, invented, altered, misrouted, duplicates } = ledger
    return {
      wanted: this.#wanted(ledger),
      received,
      lost: lost.length,
      invented,
      altered,
      misrouted,
      duplicates,
      examples,
    }
  }

  #ledger(destination: string): Ledger {
    const ledger = this.#ledgers.get(destination)
    if (ledger === undefined) throw new Error(`a delivery to ${destination}, which does not exist`)
    return ledger
  }

  #wanted(ledger: Ledger): number {
    for (; ledger.countedTo < this.produced; ledger.countedTo++) if (ledger.wants(ledger.countedTo)) ledger.wanted++
    return ledger.wanted
  }

  #lost(ledger: Ledger): number[] {
    const lost: number[] = []
    for (let ordinal = 0; ordinal < this.produced; ordinal++) {
      if (!ledger.seen.has(ordinal) && ledger.wants(ordinal)) lost.push(ordinal)
    }
    return lost
  }

  /** What arrives is the line byte for byte, with `source` and `stream` added behind its last member. */
  #difference(destination: string, event: Buffer, ordinal: number): string | undefined {
    const line = this.#truth.line(ordinal)
    let kept = line.length - 1
    while (line[kept - 1] === 0x20) kept--
    if (!event.subarray(0, kept).equals(line.subarray(0, kept))) return `starts ${event.subarray(0, kept).toString()}`
    const added = event.subarray(kept).toString()
    const parsed = additions(added)
    if (parsed === undefined) return `ends ${added}`
    const { source, stream, ...others } = parsed
    const right = JSON.stringify(source) === this.#source && stream?.destination_id === destination
    return right && Object.keys(others).length === 0 ? undefined : `ends ${added}`
  }
}

/** Read from the bytes, not by parsing the event: an altered event must still be found out. */
function idOf(event: Buffer): string {
  return /^\{"event_id": ?"([^"]*)"/.exec(event.toString('latin1', 0, 120))?.[1] ?? ''
}

function additions(text: string): { source?: unknown; stream?: { destination_id?: unknown } } | undefined {
  const object = /^\s*,(.*)$/s.exec(text)?.[1]
  try {
    return object === undefined
      ? undefined
      : (JSON.parse(`{${object}`) as { source?: unknown; stream?: { destination_id?: unknown } })
  } catch {
    return undefined
  }
}

function remember(ledger: Ledger, example: string): void {
  if (ledger.examples.length < maxExamples) ledger.examples.push(example)
}
