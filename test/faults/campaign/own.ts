// The relay's own events as they arrive in a campaign: a class of their own, because nobody but the relay knows how many there are.
// Each must be well formed, about another destination, wanted by the filter, and always the same under its id.

interface Own {
  readonly event_id: string
  readonly event_type: string
  readonly outcome: string
  readonly data: { readonly destinations?: readonly string[] }
  readonly source: { readonly name: string; readonly type: string }
  readonly stream: { readonly destination_id: string }
}

export class OwnEvents {
  /** By id, the event without what each delivery adds. */
  readonly #seen = new Map<string, string>()

  /** What an arrival is: `first`, `again`, or a sentence about what is wrong; undefined when it is no event of the relay's own. */
  arrival(destination: string, wanted: boolean, bytes: Buffer): 'first' | 'again' | { fault: string } | undefined {
    if (!bytes.includes('"source":{"name":"relay"')) return undefined
    const event = parsed(bytes)
    if (event === undefined) return undefined
    const fault = faultOf(event, destination) ?? (wanted ? undefined : 'the filter does not pass it')
    if (fault !== undefined) return { fault }
    const { stream: _, ...bare } = event
    const text = JSON.stringify(bare)
    const before = this.#seen.get(event.event_id)
    this.#seen.set(event.event_id, text)
    if (before === undefined) return 'first'
    return before === text ? 'again' : { fault: `it was ${before}` }
  }
}

function parsed(bytes: Buffer): Own | undefined {
  try {
    return JSON.parse(bytes.toString()) as Own
  } catch {
    return undefined
  }
}

function faultOf(event: Own, destination: string): string | undefined {
  if (!/^relay-[0-9a-z-]+-[1-9]\d*$/.test(event.event_id)) return 'its id is not well formed'
  if (!/^audit\.stream_[a-z_]+$/.test(event.event_type)) return 'its type is not well formed'
  if (event.source.type !== 'relay' || event.stream.destination_id !== destination) return 'it is dressed wrongly'
  return event.data.destinations?.includes(destination) ? 'it is about the destination itself' : undefined
}
