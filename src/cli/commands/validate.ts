// `validate`: every fault of the configuration at once, or what the relay would do with it.
import type { DestinationConfig, RelayConfig } from '../../config/config.ts'
import { formatFaults } from '../../config/diagnostics.ts'
import { ConfigError, type ConfigFault } from '../../model/errors.ts'
import { printable } from '../../telemetry/escape.ts'
import { counted, durationText, sizeText } from '../../telemetry/units.ts'
import { configPath } from '../config-path.ts'
import { EXIT } from '../exit-codes.ts'
import { paintFor, type Paint } from '../paint.ts'
import { readConfig } from '../read-config.ts'
import { renderTable } from '../table.ts'
import type { Output, World } from '../world.ts'

interface ValidateFlags {
  readonly config?: string
  readonly json?: boolean
}

/** Exit 78 when the file cannot be used. */
export function validateCommand(flags: ValidateFlags, world: World): number {
  try {
    const config = readConfig(configPath(flags.config, world), world, true)
    if (flags.json) world.stdout.write(jsonForm(config.warnings, config))
    else showGood(config, world)
    return EXIT.done
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

function showGood(config: RelayConfig, world: World): void {
  showFaults(config.warnings, world)
  world.stdout.write(`${summaryLines(config, world.stdout).join('\n')}\n`)
}

/** What a good configuration comes to. */
function summaryLines(config: RelayConfig, output: Pick<Output, 'columns' | 'colour'>): readonly string[] {
  const paint = paintFor(output)
  const { path, maxBytes, keepMs } = config.state
  const width = output.columns
  const sources = config.sources.map((source) => [source.name, source.type, `every ${durationText(source.everyMs)}`])
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

function jsonForm(faults: readonly ConfigFault[], config?: RelayConfig): string {
  const result = {
    valid: config !== undefined,
    file: config?.file ?? faults[0]?.file ?? null,
    faults: faults.map(({ frame: _frame, ...fault }) => fault),
    sources: config?.sources.map(({ name, type, everyMs }) => ({ name, type, every_seconds: everyMs / 1000 })) ?? [],
    destinations: config?.destinations.map(destinationJson) ?? [],
  }
  return `${JSON.stringify(result, null, 2)}\n`
}

function destinationJson({ name, type, enabled, sources, filter }: DestinationConfig): unknown {
  return { name, type, enabled, sources, filter }
}
