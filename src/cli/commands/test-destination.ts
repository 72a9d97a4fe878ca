// `test-destination`: sends the test event to one destination or to each, and says what came back and what to check.
import { statSync } from 'node:fs'
import type { DestinationConfig, RelayConfig } from '../../config/config.ts'
import { stdoutKind } from '../../destinations/stdout/index.ts'
import type { DestinationKind } from '../../destinations/destination.ts'
import { nearest } from '../../model/nearest.ts'
import { loadHttp } from '../../runtime/load-http.ts'
import { systemRandom } from '../../runtime/random.ts'
import { printable } from '../../telemetry/escape.ts'
import { durationText } from '../../telemetry/units.ts'
import { configPath } from '../config-path.ts'
import { EXIT } from '../exit-codes.ts'
import { UsageError } from '../options.ts'
import { paintFor } from '../paint.ts'
import { readConfig } from '../read-config.ts'
import { findingOf, isTaken } from '../test-destination/finding.ts'
import { type Tested, testedJson } from '../test-destination/json.ts'
import { summaryLines, testedLines } from '../test-destination/render.ts'
import { testOne } from '../test-destination/test-one.ts'
import type { World } from '../world.ts'

export interface TestDestinationFlags {
  readonly config?: string
  readonly all?: boolean
  readonly json?: boolean
}

/** One after the other, so that none disturbs the time that another takes. Exit 1 when any did not take the event. */
export async function testDestinationCommand(
  name: string | undefined,
  flags: TestDestinationFlags,
  world: World,
): Promise<number> {
  const config = readConfig(configPath(flags.config, world), world)
  const chosen = chosenOf(config, name, flags.all === true)
  await loadHttp()
  const tested: Tested[] = []
  for (const destination of chosen) {
    if (!flags.json && tested.length > 0) world.stdout.write('\n')
    tellWaiting(destination, world)
    tested.push(await testAndJudge(destination, config, flags.json === true, world))
    if (!flags.json) world.stdout.write(`${blockOf(tested, world)}\n`)
  }
  const { stdout } = world
  if (flags.json) stdout.write(`${JSON.stringify(testedJson(tested, world.clock.now()), null, 2)}\n`)
  else if (chosen.length > 1) stdout.write(`\n${summaryLines(tested, lookOf(world)).join('\n')}\n`)
  return tested.every(({ facts }) => isTaken(facts)) ? EXIT.done : EXIT.failed
}

function chosenOf(config: RelayConfig, name: string | undefined, all: boolean): readonly DestinationConfig[] {
  const names = config.destinations.map((destination) => destination.name)
  const known = names.length === 0 ? 'the configuration has none' : `there are ${names.join(', ')}`
  if (name !== undefined && all) throw new UsageError('name a destination or say --all, not both')
  if (name === undefined && !all) throw new UsageError(`name a destination, or say --all; ${known}`)
  if (names.length === 0) throw new UsageError('there is no destination in the configuration')
  if (name === undefined) return config.destinations
  const found = config.destinations.filter((destination) => destination.name === name)
  if (found.length > 0) return found
  const guess = nearest(name, names)
  const shown = printable(name.slice(0, 80))
  throw new UsageError(`there is no destination "${shown}"; ${guess === undefined ? known : `did you mean ${guess}?`}`)
}

/** A receiver that says nothing may take the whole of its time. */
function tellWaiting({ name, timeoutMs }: DestinationConfig, { stderr }: World): void {
  if (stderr.columns !== undefined) stderr.write(`testing ${name}, at most ${durationText(timeoutMs)} …\n`)
}

async function testAndJudge(
  destination: DestinationConfig,
  config: RelayConfig,
  json: boolean,
  world: World,
): Promise<Tested> {
  const { clock, stderr } = world
  const aside = (one: DestinationConfig): DestinationKind =>
    one.type === 'stdout' && json ? (stdoutKind(() => outputOver(stderr)) as unknown as DestinationKind) : one.kind
  const found = await testOne(destination, { clock, random: systemRandom, kindOf: aside })
  const notes = [...found.notes, ...placeNotes(destination, json, isTaken(found)), ...ownerNotes(config.state.path)]
  const facts = { ...found, notes }
  return { facts, finding: findingOf(facts, { now: clock.now(), proxy: proxyOf(world) }) }
}

/** With --json, standard output belongs to the report. */
function outputOver(stream: World['stderr']): ReturnType<Parameters<typeof stdoutKind>[0] & object> {
  return {
    write(bytes) {
      stream.write(Buffer.from(bytes).toString())
      return Promise.resolve(bytes.length)
    },
    close: () => Promise.resolve(),
  }
}

/** Where an event went that no request carried. */
function placeNotes(destination: DestinationConfig, json: boolean, taken: boolean): readonly string[] {
  if (!taken) return []
  if (destination.type === 'stdout')
    return [
      json
        ? 'The event was written to standard error, because standard output carries this report.'
        : 'The line above this report is the event. A running relay writes to its own standard output, not to this one.',
    ]
  if (destination.type !== 'file') return []
  const { path } = destination.options() as { path: string }
  return [
    `The event stands in a file of its own among the daily files in ${path}. What a running relay writes, and the journal with which it recognises its own lines, were not touched.`,
  ]
}

/** A test by another user than the relay's proves little, and may leave files that the relay cannot use. */
function ownerNotes(state: string): readonly string[] {
  const owner = statSync(state, { throwIfNoEntry: false })?.uid
  const self = process.getuid?.()
  if (owner === undefined || self === undefined || owner === self) return []
  return [
    `You ran this as user ${self}, but the relay's state belongs to user ${owner}: what may be read or written can differ. Run it as the relay's user (sudo -u '#${owner}' …).`,
  ]
}

function proxyOf({ env }: World): string {
  const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']
  return names.find((name) => (env[name] ?? '') !== '') ?? ''
}

function lookOf({ stdout }: World): Parameters<typeof testedLines>[1] {
  return { paint: paintFor(stdout), width: stdout.columns }
}

function blockOf(tested: readonly Tested[], world: World): string {
  return testedLines(tested[tested.length - 1] as Tested, lookOf(world)).join('\n')
}
