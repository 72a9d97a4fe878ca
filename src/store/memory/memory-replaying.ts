// Replays and purges dead letters in memory.
import type { Seq } from '../../model/page.ts'
import { requireReplayable, unknown } from '../control.ts'
import type { Moment } from '../elapsed.ts'
import { isUnderWay, nextChosen } from '../going-through.ts'
import type { Asked } from '../requests.ts'
import { countInMemory, requestInMemory } from './memory-requests.ts'
import type { MemoryDestination, MemoryException, MemoryRequest, MemoryState } from './memory-state.ts'
import { waitingFor } from './waiting.ts'

/** Takes one of the chosen; false when it is left out. */
type Take = (seq: Seq) => boolean

const leftOut: Take = () => false

export function takeInMemory(state: MemoryState, id: number, limit: number, at: Moment): MemoryRequest {
  const request = requestOf(state, id, 'replay_dead_letters')
  const { to } = request.asked as Extract<Asked, { kind: 'replay_dead_letters' }>
  const target = to === null ? undefined : targetOf(state, to)
  return goOn(state, request, { limit, now: at.now }, (name) => {
    const owner = find(state, name)
    if (target && owner && target !== owner) return (seq) => give(state, owner, target, { ...at, seq, request: id })
    if (!owner) return leftOut
    requireReplayable(owner.known)
    return (seq) => back(owner, { ...at, seq, request: id })
  })
}

export function purgeInMemory(state: MemoryState, id: number, limit: number, now: number): MemoryRequest {
  const request = requestOf(state, id, 'purge_dead_letters')
  return goOn(state, request, { limit, now }, (name) => {
    const owner = find(state, name)
    return owner ? (seq) => purged(owner, seq) : leftOut
  })
}

function requestOf(state: MemoryState, id: number, kind: Asked['kind']): MemoryRequest {
  const request = requestInMemory(state, id)
  if (request.asked.kind !== kind) throw new Error(`request ${id} asks for ${request.asked.kind}, not ${kind}`)
  return request
}

/** Every destination is looked at before anything is changed: a refusal changes nothing. */
function goOn(
  state: MemoryState,
  request: MemoryRequest,
  { limit, now }: { limit: number; now: number },
  takeFrom: (name: string) => Take,
): MemoryRequest {
  if (!isUnderWay(request)) return request
  const { asked, place } = request
  const stretches = nextChosen(asked, place, limit).map(({ destination, seqs }) => ({
    seqs,
    take: takeFrom(destination),
  }))
  const gone = stretches.reduce((sum, { seqs }) => sum + seqs.length, 0)
  const taken = stretches.reduce((sum, { seqs, take }) => sum + seqs.filter((seq) => take(seq)).length, 0)
  const dropped = asked.kind === 'purge_dead_letters' ? taken : 0
  countInMemory(state, request.id, { place: gone, taken, skipped: gone - taken, dropped }, now)
  return request
}

function find(state: MemoryState, name: string): MemoryDestination | undefined {
  return state.destinations.find(({ known }) => known.name === name)
}

function targetOf(state: MemoryState, to: string): MemoryDestination {
  const target = find(state, to)
  if (!target) {
    const names = state.destinations.map(({ known }) => known.name)
    throw unknown('destination', to, names)
  }
  requireReplayable(target.known)
  return target
}

interface Taken extends Moment {
  readonly seq: Seq
  readonly request: number
}

function back({ exceptions }: MemoryDestination, { seq, request, ...at }: Taken): boolean {
  const letter = exceptions.get(seq)
  if (letter?.nextAt !== null) return false
  exceptions.set(seq, { ...letter, ...fresh(at), request })
  return true
}

function give(state: MemoryState, owner: MemoryDestination, target: MemoryDestination, taken: Taken): boolean {
  const { seq, request, ...at } = taken
  const letter = owner.exceptions.get(seq)
  if (letter?.nextAt !== null || [...waitingFor(state, target)].includes(seq)) return false
  if (target.exceptions.has(seq)) return back(target, taken)
  const reason = { code: 'replayed', text: `a copy of a dead letter of ${owner.known.name}` }
  const { source, page } = letter
  const copy = { seq, source, page, reason, history: '[]', firstAttemptedAt: at.now, request }
  target.exceptions.set(seq, { ...copy, ...fresh(at) })
  target.offered++
  target.routed++
  return true
}

/** As an event waits that was never tried. */
function fresh({
  now,
  age,
}: Moment): Pick<MemoryException, 'attempts' | 'putAt' | 'nextAt' | 'cause' | 'provisional' | 'age' | 'diedAge'> {
  return { attempts: 0, putAt: now, nextAt: now, cause: null, provisional: false, age, diedAge: null }
}

function purged(owner: MemoryDestination, seq: Seq): boolean {
  if (owner.exceptions.get(seq)?.nextAt !== null) return false
  owner.exceptions.delete(seq)
  owner.dropped++
  return true
}
