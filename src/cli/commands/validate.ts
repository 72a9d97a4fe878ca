// `validate`: every fault of the configuration at once, or what the relay would do with it; and, when asked, whether its sources and
// destinations would take us.
import type { DestinationConfig, RelayConfig, SourceConfig } from '../../config/config.ts'
import { formatFaults } from '../../config/diagnostics.ts'
import { ConfigError, type ConfigFault } from '../../model/errors.ts'
import { printable } from '../../telemetry/escape.ts'
import { counted, durationText, sizeText } from '../../telemetry/units.ts'
import { configPath } from '../config-path.ts'
import { EXIT } from '../exit-codes.ts'
import { paintFor, type Paint } from '../paint.ts'
import { probeAll, type Probed } from '../probe.ts'
import { readConfig } from '../read-config.ts'
import { renderTable } from '../table.ts'
import type { Output, World } from '../world.ts'

interface ValidateFlags {
  readonly config?: string
  readonly json?: boolean
  readonly probe?: boolean
}

/** Exit 78 when the file cannot be used, 1 when a probe failed. */
export async function validateCommand(flags: ValidateFlags, world: World): Promise<number> {
  try {
    const config = readConfig(configPath(flags.config, world), world, true)
    const probed = flags.probe ? await probeAll(config, world) : []
    if (flags.json) world.stdout.write(jsonForm(config.warnings, config, flags.probe ? probed : undefined))
    else showGood(config, probed, world)
    return probed.some(({ result }) => result === 'failed') ? EXIT.failed : EXIT.done
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (flags.json) world.stdout.write(jsonForm(error.faults))
    else showFaults(error.faults, world)
    return EXIT.badConfig
  }
}

function showFaults(faults: readonly ConfigFault[], { stderr, cwd }: World): void {
  if (faults.length > 0) stderr.write(`${formatFaults(faults, { colour: stderr.colour > 0, cwd }).trimEnd()}\n`)
}

function showGood(config: RelayConfig, probed: readonly Probed[], world: World): void {
  showFaults(config.warnings, world)
  const lines = [...summaryLines(config, world.stdout), ...probedLines(probed, world.stdout)]
  world.stdout.write(`${lines.join('\n')}\n`)
}

/** What a good configuration comes to. */
function summaryLines(config: RelayConfig, output: Pick<Output, 'columns' | 'colour'>): readonly string[] {
  const paint = paintFor(output)
  const { path, maxBytes, keepMs } = config.state
  const width = output.columns
  const sources = config.sources.map((source) => [source.name, source.type, whenText(source)])
  const destinations = config.destinations.map((one) => [
    one.name,
    one.type,
    readsText(one),
    filterText(one),
    one.enabled ? '' : 'disabled',
  ])
  return [
    paint.good(
      `${printable(config.file)} is good: ${counted(sources.length, 'source')}, ${counted(destinations.length, 'destination')}`,
    ),
    paint.faint(`state ${printable(path)}, at most ${sizeText(maxBytes)}, settled pages kept ${durationText(keepMs)}`),
    ...titled('SOURCES', ['NAME', 'TYPE', 'READ'], sources, { paint, width }),
    ...titled('DESTINATIONS', ['NAME', 'TYPE', 'SOURCES', 'FILTER', ''], destinations, { paint, width }),
  ]
}

function whenText({ everyMs, cron }: SourceConfig): string {
  return cron === undefined ? `every ${durationText(everyMs)}` : `at ${cron} (UTC)`
}

const probedWords = { ready: 'ready', failed: 'FAILED', unknown: '?' } as const

function probedLines(probed: readonly Probed[], output: Pick<Output, 'columns' | 'colour'>): readonly string[] {
  const paint = paintFor(output)
  const rows = probed.map(({ what, name, result, text }) => [what, name, probedWords[result], printable(text)])
  return titled('PROBED', ['', 'NAME', 'RESULT', ''], rows, { paint, width: output.columns })
}

interface Look {
  readonly paint: Paint
  readonly width: number | undefined
}

function titled(
  title: string,
  names: readonly string[],
  rows: readonly (readonly string[])[],
  { paint, width }: Look,
): readonly string[] {
  if (rows.length === 0) return []
  const columns = names.map((name) => ({ title: name }))
  const cells = rows.map((row) => row.map((text) => ({ text })))
  return ['', paint.strong(title), ...renderTable(columns, cells, { width, paintTitle: paint.faint })]
}

function readsText({ sources }: DestinationConfig): string {
  return sources === null ? 'all' : sources.join(', ')
}

function filterText({ filter }: DestinationConfig): string {
  const { types, outcome, when } = filter
  const parts = [
    types ? `types ${[types].flat().join(', ')}` : '',
    outcome ? `outcome ${[outcome].flat().join(', ')}` : '',
    when ? `when ${when.trim().replace(/\s+/g, ' ')}` : '',
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'every event' : parts.join(' and ')
}

function jsonForm(faults: readonly ConfigFault[], config?: RelayConfig, probed?: readonly Probed[]): string {
  const result = {
    valid: config !== undefined,
    file: config?.file ?? faults[0]?.file ?? null,
    faults: faults.map(({ frame: _frame, ...fault }) => fault),
    sources: config?.sources.map(sourceJson) ?? [],
    destinations: config?.destinations.map(destinationJson) ?? [],
    ...(probed && { probed }),
  }
  return `${JSON.stringify(result, null, 2)}\n`
}

function sourceJson({ name, type, everyMs, cron }: SourceConfig): unknown {
  return { name, type, ...(cron === undefined ? { every_seconds: everyMs / 1000 } : { cron }) }
}

function destinationJson({ name, type, enabled, sources, filter }: DestinationConfig): unknown {
  return { name, type, enabled, sources, filter }
}
