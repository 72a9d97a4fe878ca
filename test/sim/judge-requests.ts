// What operators asked for, against what became of it: every request ends, none fails without a cause, and a replay sends what it says.
import type { MemoryRequest } from '../../src/store/memory/memory-state.ts'
import type { Asked, StoredRequest } from '../../src/store/requests.ts'
import { claimOf } from './claims.ts'
import type { Deed, Site } from './site.ts'
import type { Read } from './witness.ts'

/** A request as it was made. */
export interface Order {
  readonly id: number
  readonly asked: Asked
  /** Monotonic, ms. */
  readonly at: number
  /** The sites that it was about; of a copy, the one that gets it first. */
  readonly sites: readonly Site[]
  /** The chosen dead letters, by site; of a replay of kept events, what its receiver had taken by then. */
  readonly chosen: readonly { readonly site: Site; readonly keys: readonly string[] }[]
  /** Some of the chosen might have gone back to waiting by themselves. */
  readonly provisional: boolean
}

export interface RequestsExpectation {
  readonly orders: readonly Order[]
  readonly requests: readonly MemoryRequest[]
  readonly reads: ReadonlyMap<string, Read>
}

export function judgeRequests({ orders, requests, reads }: RequestsExpectation): string[] {
  return orders.flatMap((order) => {
    const request = requests.find(({ id }) => id === order.id)
    if (!request) return [`request ${order.id} is forgotten`]
    const what = `request ${order.id} (${order.asked.kind}, ${JSON.stringify(request.counts)})`
    if (request.finishedAt === null) return [`${what} never ended`]
    if (request.state === 'failed') return isRefusable(order) ? [] : [`${what} failed: ${request.text}`]
    return outcomes(order, request, { orders, reads }).map((text) => `${what}: ${text}`)
  })
}

/** A site that was never away, never dropped what came and kept its name can be asked for everything but its removal. */
function isRefusable({ asked, sites }: Order): boolean {
  if (asked.kind === 'remove_destination') return true
  return sites.some(
    ({ deeds, names }) =>
      names.size > 1 ||
      deeds.some(
        (deed) => deed.kind === 'parked' || deed.kind === 'removed' || (deed.kind === 'disabled' && deed.discard),
      ),
  )
}

function outcomes(
  order: Order,
  request: StoredRequest,
  around: Pick<RequestsExpectation, 'orders' | 'reads'>,
): string[] {
  switch (order.asked.kind) {
    case 'replay_dead_letters':
      return [...sums(request), ...letters(order, request, around), ...resent(order, request)]
    case 'purge_dead_letters':
      return letters(order, request, around)
    case 'replay_events':
      return [...sums(request), ...kept(order, order.asked, request, around)]
    default:
      return []
  }
}

function sums({ counts }: StoredRequest): string[] {
  const { chosen, taken, skipped, delivered, dead, dropped } = counts
  return taken + skipped === chosen && taken === delivered + dead + dropped ? [] : ['its counts do not add up']
}

/** Each letter is taken unless something else may have taken it first. */
function letters(order: Order, { counts }: StoredRequest, { orders }: Pick<RequestsExpectation, 'orders'>): string[] {
  const chosen = order.chosen.reduce((sum, { keys }) => sum + keys.length, 0)
  if (counts.chosen !== chosen) return [`${chosen} were chosen, it knows of ${counts.chosen}`]
  const isCopy = order.asked.kind === 'replay_dead_letters' && order.asked.to !== null
  const isAlone = !order.provisional && !isCopy && !orders.some((other) => other !== order && meets(other, order))
  const isChanged = order.sites.some(
    ({ deeds, names }) => names.size > 1 || deeds.some(({ kind }) => kind === 'expired' || kind === 'removed'),
  )
  return isAlone && !isChanged && counts.skipped > 0 ? [`${counts.skipped} were left out for no reason`] : []
}

function meets(a: Order, b: Order): boolean {
  return a.chosen.some(({ site, keys }) => {
    const others = b.chosen.find((other) => other.site === site)?.keys ?? []
    return keys.some((key) => others.includes(key))
  })
}

/** What it calls delivered has arrived since. */
function resent({ asked, at, sites, chosen }: Order, { counts }: StoredRequest): string[] {
  const to = asked.kind === 'replay_dead_letters' && asked.to !== null ? sites[0] : undefined
  const arrived = chosen.flatMap(({ site, keys }) =>
    keys.filter((key) => (to ?? site).receiver.diary.takenAfter(key, at) > 0),
  )
  return counts.delivered > arrived.length ? [`only ${arrived.length} have arrived since`] : []
}

/** Everything of the period that the receiver had is there once more, unless it died or was dropped on the way. */
function kept(
  order: Order,
  { from, to }: Extract<Asked, { kind: 'replay_events' }>,
  { counts: { dropped } }: StoredRequest,
  { orders, reads }: Pick<RequestsExpectation, 'orders' | 'reads'>,
): string[] {
  const [{ site, keys }] = order.chosen as [Order['chosen'][number]]
  if (site.deeds.some((deed) => takesUnseen(deed, order.at))) return []
  const { diary } = site.receiver
  const copied = copiesTo(site, orders)
  const missing = keys.filter((key) => {
    if (copied.has(key)) return false
    const event = reads.get(key)
    if (!event || event.occurredAt < from || event.occurredAt >= to || diary.refused.has(key)) return false
    return diary.takenAfter(key, order.at) === 0 && ['due', 'late'].includes(claimOf(site, event))
  })
  return missing.length > dropped ? [`${missing.length} were not sent again, first ${missing[0]}`] : []
}

/** What came as a copy of another's dead letter came past the pages, and a replay goes over pages. */
function copiesTo(site: Site, orders: readonly Order[]): ReadonlySet<string> {
  const copies = orders.filter(
    ({ asked, sites }) => asked.kind === 'replay_dead_letters' && asked.to !== null && sites[0] === site,
  )
  return new Set(copies.flatMap(({ chosen }) => chosen.flatMap(({ keys }) => keys)))
}

/** What a receiver took, and a kill kept the relay from knowing, waits there still: it is left out, and may be trimmed or discarded later. */
function takesUnseen(deed: Deed, at: number): boolean {
  if (deed.kind === 'trimmed') return deed.fate === 'dead' || deed.at >= at
  return deed.kind === 'removed' || (deed.kind === 'disabled' && deed.discard && deed.at >= at)
}
