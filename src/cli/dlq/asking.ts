// Hands a replay or a purge to whoever holds the state, follows it, and says how it ended.
import type { Asked, RequestCounts, StoredRequest } from '../../store/requests.ts'
import { printable } from '../../telemetry/escape.ts'
import { EXIT } from '../exit-codes.ts'
import type { StateFlags } from '../open-state.ts'
import { paintFor } from '../paint.ts'
import type { World } from '../world.ts'
import { imbalanceOf } from './counts.ts'
import { requestJson } from './json.ts'
import { progressText, showProgress } from './progress.ts'

/** Adds the request beside a living holder, or carries it out without one; `ask.ts` has the one that does so. */
export type Ask = (
  asked: Asked,
  flags: StateFlags,
  world: World,
  how: { readonly progress: (request: StoredRequest) => void; readonly wait: boolean },
) => Promise<StoredRequest>

/** The real one, loaded when it is needed. */
export const askHolder: Ask = async (...given) => (await import('../ask.ts')).askHolder(...given)

export interface Asking {
  readonly asked: Asked
  readonly flags: StateFlags & { readonly json?: boolean; readonly wait?: boolean }
  /** Whether a relay runs: then an interrupt only ends the following. */
  readonly beside: boolean
  /** Events per second, for the time that is left. */
  readonly perSecond: number | null
  readonly sentence: (counts: RequestCounts) => string
  /** What is said and shown of another kind of request; the sentence is not asked for then. */
  readonly words?: Words
}

export interface Words {
  /** How far it is, in one line. */
  readonly far: (request: StoredRequest) => string
  /** What has been done. */
  readonly done: (request: StoredRequest) => string
  readonly json: (request: StoredRequest) => object
  /** The command that shows how far it is. */
  readonly look: string
}

function wordsOf({ words, sentence, perSecond }: Asking): Words {
  if (words) return words
  const done = ({ counts }: StoredRequest): string => sentence(counts)
  return { done, json: requestJson, look: 'audit-relay dlq requests', far: (far) => progressText(far, perSecond) }
}

/** Returns the exit code: 1 when it failed, when something died again, or when its end was not seen. */
export async function askAndFollow(asking: Asking, world: World, ask: Ask): Promise<number> {
  const { asked, flags, beside } = asking
  const words = wordsOf(asking)
  const bar = showProgress(world, words.far)
  const interrupt = beside ? interrupted() : undefined
  let latest: StoredRequest | undefined
  const progress = (request: StoredRequest): void => {
    latest = request
    if (!flags.json) bar.update(request)
  }
  try {
    const following = ask(asked, flags, world, { progress, wait: flags.wait !== false })
    const ended = await Promise.race([following, ...(interrupt ? [interrupt.came] : [])])
    // Before anything else is written.
    bar.end()
    return ended ? report(ended, asking, world) : stoppedFollowing(latest, asking, world)
  } finally {
    bar.end()
    interrupt?.dispose()
  }
}

function report(request: StoredRequest, asking: Asking, world: World): number {
  const { flags, beside } = asking
  const { done, json } = wordsOf(asking)
  if (request.state === 'asked' || request.state === 'running') {
    if (flags.wait !== false) return stoppedFollowing(request, asking, world)
    if (flags.json) world.stdout.write(`${JSON.stringify(json(request), null, 2)}\n`)
    else
      world.stdout.write(
        `request ${request.id} is written down; ${beside ? 'the relay carries it out' : 'the next run carries it out'}\n`,
      )
    return EXIT.done
  }
  const imbalance = imbalanceOf(request)
  const { dead } = request.counts
  if (flags.json) world.stdout.write(`${JSON.stringify(json(request), null, 2)}\n`)
  else {
    const paint = paintFor(world.stdout)
    const failed = request.state === 'failed'
    const text = printable(failed ? `${done(request)}; failed: ${request.text ?? 'no reason was kept'}` : done(request))
    world.stdout.write(`${failed ? paint.bad(text) : dead > 0 ? paint.warning(text) : paint.good(text)}\n`)
    if (dead > 0) world.stdout.write('What they were told: audit-relay dlq stats --since 1h\n')
  }
  if (imbalance !== undefined)
    world.stderr.write(`audit-relay: this does not add up: ${imbalance}. Run audit-relay check\n`)
  return request.state === 'failed' || dead > 0 || imbalance !== undefined ? EXIT.failed : EXIT.done
}

function stoppedFollowing(request: StoredRequest | undefined, asking: Asking, world: World): number {
  const { flags, beside } = asking
  const { done, json, look } = wordsOf(asking)
  if (flags.json && request) world.stdout.write(`${JSON.stringify(json(request), null, 2)}\n`)
  const far = request ? `so far: ${done(request)}. ` : ''
  const goesOn = beside
    ? `It goes on in the relay; ${look} shows how far it has come`
    : `What is left is carried out by the next audit-relay run; ${look} shows it`
  world.stderr.write(`audit-relay: ${far}${goesOn}\n`)
  return EXIT.failed
}

/** Resolves with nothing at the first interrupt. */
function interrupted(): { readonly came: Promise<undefined>; dispose(): void } {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const heard = (): void => resolve(undefined)
  process.on('SIGINT', heard).on('SIGTERM', heard)
  return { came: promise, dispose: () => void process.off('SIGINT', heard).off('SIGTERM', heard) }
}
