// `dlq requests`: the replays and purges that were asked for, and what became of each.
import type { Asked, RequestCounts, StoredRequest } from '../../store/requests.ts'
import type { StoreReader } from '../../store/store.ts'
import { printable } from '../../telemetry/escape.ts'
import { countText, durationText } from '../../telemetry/units.ts'
import { isMoving } from '../../upkeep/going-through.ts'
import { againSentence, purgeSentence, replaySentence } from '../dlq/counts.ts'
import { requestJson } from '../dlq/json.ts'
import { EXIT } from '../exit-codes.ts'
import { openState, type StateFlags } from '../open-state.ts'
import { limitOption } from '../options.ts'
import { paintFor, type Paint } from '../paint.ts'
import { whole } from '../replay-plan.ts'
import { besideName, wrap } from '../text-width.ts'
import type { World } from '../world.ts'

interface RequestsFlags extends StateFlags {
  readonly limit: string
  readonly json?: boolean
}

/** Requests of other commands stand between them: so many are looked through for each that is shown. */
const lookedThrough = 20

export async function dlqRequestsCommand(flags: RequestsFlags, world: World): Promise<number> {
  const limit = limitOption(flags.limit, 'requests') as number
  const { reader } = await openState(flags, world)
  try {
    showRequests(await dlqRequests(reader, limit), flags, world)
  } finally {
    await reader.close()
  }
  return EXIT.done
}

/** Newest last. */
async function dlqRequests(reader: StoreReader, limit: number): Promise<readonly StoredRequest[]> {
  const all = await reader.requests(limit * lookedThrough)
  const ours = all.filter(({ asked }) => isMoving(asked))
  return ours.slice(0, limit).reverse()
}

/** Prints them. */
function showRequests(
  requests: readonly StoredRequest[],
  { json }: Pick<RequestsFlags, 'json'>,
  { stdout, clock }: World,
): void {
  if (json) return stdout.write(`${JSON.stringify({ requests: requests.map(requestJson) }, null, 2)}\n`)
  if (requests.length === 0) return stdout.write('nothing was replayed or removed yet\n')
  const view = { now: clock.now(), paint: paintFor(stdout), width: stdout.columns ?? Infinity }
  stdout.write(`${requests.flatMap((request) => requestLines(request, view)).join('\n')}\n`)
}

interface View {
  readonly now: number
  readonly paint: Paint
  readonly width: number
}

const indent = 6

function sentenceOf({ kind }: Asked): (counts: RequestCounts) => string {
  if (kind === 'purge_dead_letters') return purgeSentence
  return kind === 'replay_events' ? againSentence : replaySentence
}

/** What it is about, for a person. */
function aboutText(asked: Asked): string {
  if (asked.kind === 'replay_events')
    return `events of ${asked.destination} from ${whole(asked.from)} to ${whole(asked.to)}`
  if (!('letters' in asked)) return ''
  const from = asked.letters.map(({ destination }) => destination).join(', ')
  const to = asked.kind === 'replay_dead_letters' && asked.to !== null ? `, copies to ${asked.to}` : ''
  return `dead letters of ${from}${to}`
}

/** Of one under way, how far it has come of how much. */
function farText({ state, asked, counts: { chosen, taken, skipped, dropped } }: StoredRequest): string {
  if (state !== 'running') return ''
  const gone = asked.kind === 'purge_dead_letters' ? dropped + skipped : taken + skipped
  return `${countText(gone)} of ${countText(chosen)} gone through; `
}

function requestLines(request: StoredRequest, { now, paint, width }: View): readonly string[] {
  const { id, at, by, asked, state, counts, text, finishedAt } = request
  const become = state === 'asked' ? 'not taken up yet' : `${farText(request)}${sentenceOf(asked)(counts)}`
  const what = `${aboutText(asked)}: ${become}`
  const failure = state === 'failed' ? `; ${text ?? 'no reason was kept'}` : ''
  const paints = { asked: paint.warning, running: paint.warning, done: paint.good, failed: paint.bad }
  const said = wrap(printable(`${what}${failure}`), Math.max(20, width - indent))
  const ended = finishedAt === null ? '' : `, ended ${durationText(now - finishedAt)} ago`
  const who = paint.faint(
    printable(`${state === 'asked' ? '' : 'asked '}by ${by} ${durationText(now - at)} ago${ended}`),
  )
  return [
    ...besideName(`#${id}`, [`${paints[state](state)} ${who}`], indent),
    ...said.map((line) => ' '.repeat(indent) + line),
  ]
}
