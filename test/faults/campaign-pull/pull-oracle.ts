// Holds what arrived against what the sources hold in the end. It knows nothing of the relay but the form of its events.
import type { Verdict } from '../campaign/oracle.ts'

/** An event as it must arrive. */
export interface Expected {
  readonly id: string
  readonly type: string
  /** The value of `data`, byte for byte. */
  readonly data: string
  readonly at: string
}

export type PullVerdict = Omit<Verdict, 'misrouted'>

interface Arrived {
  readonly event_id: string
  readonly event_type: string
  readonly occurred_at: string
  readonly source: { readonly name: string }
}

const most = 8

/** What arrived at one destination. */
export class Arrivals {
  #events: string[] = []
  readonly ids = new Set<string>()
  /** Events that had arrived before. */
  repeats = 0

  add(event: Buffer): void {
    const text = event.toString()
    this.#events.push(text)
    // Without parsing: it is looked at whole in the end.
    const id = /"event_id":"([^"]*)"/.exec(text)?.[1] ?? ''
    if (this.ids.has(id)) this.repeats++
    this.ids.add(id)
  }

  forget(): void {
    this.#events = []
    this.ids.clear()
    this.repeats = 0
  }

  /** `bySource`: everything that each source holds, by the source's name. */
  verdict(bySource: ReadonlyMap<string, readonly Expected[]>): PullVerdict {
    const expected = new Map(
      [...bySource].flatMap(([source, events]) => events.map((event) => [`${source}\0${event.id}`, event])),
    )
    const seen = new Set<string>()
    const examples: string[] = []
    const counts = { received: 0, invented: 0, altered: 0, duplicates: 0 }
    for (const text of this.#events) {
      const event = parsed(text)
      if (event?.source.name === 'relay') continue
      counts.received++
      const key = `${event?.source.name}\0${event?.event_id}`
      const right = expected.get(key)
      const fault = event && right ? difference(event, right, text) : undefined
      if (!right) counts.invented++
      else if (fault !== undefined) counts.altered++
      if (!right || fault !== undefined) examples.push(`${fault ?? 'invented'}: ${text.slice(0, 400)}`)
      if (seen.has(key)) counts.duplicates++
      seen.add(key)
    }
    const lost = [...expected].filter(([key]) => !seen.has(key))
    examples.unshift(...lost.slice(0, most).map(([key, { at }]) => `lost ${key} of ${at}`))
    return { wanted: expected.size, lost: lost.length, ...counts, examples: examples.slice(0, most) }
  }
}

function difference(event: Arrived, { type, data, at }: Expected, text: string): string | undefined {
  if (event.event_type !== type) return `its type is not ${type}`
  if (event.occurred_at !== at) return `its time is not ${at}`
  return text.includes(`"data":${data}`) ? undefined : `its data is not ${data}`
}

function parsed(text: string): Arrived | undefined {
  try {
    return JSON.parse(text) as Arrived
  } catch {
    return undefined
  }
}
