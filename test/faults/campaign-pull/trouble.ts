// What goes wrong between a relay and the source that it asks: limits, failures, answers that break off or take their time.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Received, Receiver } from '../../fakes/http-receiver.ts'
import { answerBytes } from '../../fakes/http-receiver.ts'
import type { Chance } from '../campaign/chance.ts'

const kinds = ['limited', 'unavailable', 'cut', 'slow'] as const
type Kind = (typeof kinds)[number]
const shares: Readonly<Record<Kind, number>> = { limited: 0.02, unavailable: 0.02, cut: 0.03, slow: 0.12 }
const longestMs = 250

export class Trouble {
  on = true
  requests = 0
  /** How often each went wrong. */
  readonly seen: Record<Kind, number> = { limited: 0, unavailable: 0, cut: 0, slow: 0 }
  /** Called with each request; replaced for each round. */
  onRequest: () => void = () => {}
  readonly #chance: Chance

  constructor(chance: Chance) {
    this.#chance = chance
  }

  /** The same receiver, before whose answers things go wrong. `before` is called first with each request. */
  around(receiver: Receiver, before: () => void): Receiver {
    const answer: Receiver['answer'] = (script) =>
      receiver.answer((request, index) => {
        before()
        this.requests++
        this.onRequest()
        return this.#answer(() => (typeof script === 'function' ? script(request, index) : script), request)
      })
    return new Proxy(receiver, {
      get: (target, name) => {
        const found: unknown = name === 'answer' ? answer : Reflect.get(target, name)
        return typeof found === 'function' ? (found as () => unknown).bind(target) : found
      },
    })
  }

  #answer(right: () => Answer, { path }: Received): Answer {
    const kind = this.#kind()
    if (kind) this.seen[kind]++
    switch (kind) {
      case 'limited':
        return { status: 429, headers: { 'retry-after': '1' }, body: `too many requests for ${path}` }
      case 'unavailable':
        return { status: 503, body: 'down for a moment' }
      case 'cut': {
        const answer = right()
        return { ...answer, cutAt: this.#chance.between(1, Math.max(2, answerBytes(answer).length)) }
      }
      case 'slow':
        return { ...right(), after: sleep(this.#chance.between(1, longestMs)) }
      default:
        return right()
    }
  }

  #kind(): Kind | undefined {
    let dice = this.on ? this.#chance.next() : 1
    for (const kind of kinds) if ((dice -= shares[kind]) < 0) return kind
    return undefined
  }
}
