// Asks every source and destination, without reading or sending an event, whether it would take us, and looks whether the state can be
// where it is to be. Takes no lock, makes nothing.
import type { DestinationConfig, RelayConfig, SourceConfig } from '../config/config.ts'
import { Identity } from '../model/identity.ts'
import { messageOf } from '../model/errors.ts'
import { sourceClient } from '../polling/source-http.ts'
import { createHttpClient } from '../runtime/http-client.ts'
import { systemRandom } from '../runtime/random.ts'
import { PageDraft } from '../sources/page-draft.ts'
import { requireUsable } from '../store/sqlite/files.ts'
import type { World } from './world.ts'

/** `unknown`: it cannot be asked without reading or sending something. */
export interface Probed {
  readonly what: 'state' | 'source' | 'destination'
  /** Of the state: its path. */
  readonly name: string
  readonly result: 'ready' | 'failed' | 'unknown'
  /** What is wrong, or why nobody knows; empty when it is ready. */
  readonly text: string
}

const sourceTimeoutMs = 30_000

/** The state, then one after another in the order of the file; disabled ones too. Never rejects for what one of them does. */
export async function probeAll(
  { state, sources, destinations }: RelayConfig,
  world: World,
): Promise<readonly Probed[]> {
  const probed: Probed[] = [probeState(state.path)]
  for (const source of sources) probed.push(await probeSource(source, world))
  for (const destination of destinations) probed.push(await probeDestination(destination, world))
  return probed
}

function probeState(path: string): Probed {
  try {
    requireUsable(path)
    return { what: 'state', name: path, result: 'ready', text: '' }
  } catch (error) {
    return { what: 'state', name: path, result: 'failed', text: messageOf(error) }
  }
}

function probeSource(config: SourceConfig, { clock }: World): Promise<Probed> {
  const { name, kind } = config
  const newPage = () => new PageDraft({ name, type: kind.type }, new Identity(new Uint8Array(32)))
  const open = () =>
    kind.open(config.options(), {
      name,
      clock,
      newPage,
      notice: () => {},
      http: (options) => sourceClient({ ...options, timeoutMs: sourceTimeoutMs }),
    })
  return probed({ what: 'source', name }, open, { timeoutMs: sourceTimeoutMs, otherwise: 'run --once reads it' })
}

function probeDestination(config: DestinationConfig, { clock }: World): Promise<Probed> {
  const { name, kind, timeoutMs } = config
  const http = (connection = {}) => createHttpClient({ ...connection, inFlight: 1, timeoutMs })
  // As for a test, a name that no configuration can hold: what a kind keeps by its name belongs to the relay that may be running.
  const open = () => kind.open(config.options(), { name: `${name} (probe)`, clock, random: systemRandom, http })
  const otherwise = `audit-relay test-destination ${name} sends it a test event`
  return probed({ what: 'destination', name }, open, { timeoutMs, otherwise })
}

interface Probable {
  probe?(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** What a relay would do about it is not done here. */
const triedAgain = / \(it is tried again\)$|(?<=\()it is tried again; /

async function probed(
  who: Pick<Probed, 'what' | 'name'>,
  open: () => Probable,
  { timeoutMs, otherwise }: { readonly timeoutMs: number; readonly otherwise: string },
): Promise<Probed> {
  let opened: Probable | undefined
  try {
    opened = open()
    if (!opened.probe) return { ...who, result: 'unknown', text: `cannot be asked; ${otherwise}` }
    await opened.probe(AbortSignal.timeout(timeoutMs))
    return { ...who, result: 'ready', text: '' }
  } catch (error) {
    return { ...who, result: 'failed', text: messageOf(error).replace(triedAgain, '') }
  } finally {
    await opened?.close()
  }
}
