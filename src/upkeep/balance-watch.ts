// Looks now and then whether every event is accounted for, and says so when one is not: once for each source or destination and
// each change of what is wrong.
import type { DestinationOverview, Overview, SourceOverview } from '../store/store.ts'
import type { Telemetry } from '../telemetry/events.ts'

export class BalanceWatch {
  readonly #telemetry: Telemetry
  /** By source or destination, what was said last. */
  readonly #said = new Map<string, string>()

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry
  }

  look({ sources, destinations }: Overview): void {
    for (const source of sources) {
      const { name } = source
      this.#tell(`source ${name}`, sourceFault(source), (text) =>
        this.#telemetry.emit({ type: 'imbalance', source: name, text }),
      )
    }
    for (const destination of destinations) {
      const { name } = destination
      this.#tell(`destination ${name}`, destinationFault(destination), (text) =>
        this.#telemetry.emit({ type: 'imbalance', destination: name, text }),
      )
    }
  }

  #tell(subject: string, fault: string, say: (text: string) => void): void {
    if (fault === (this.#said.get(subject) ?? '')) return
    this.#said.set(subject, fault)
    if (fault !== '') say(fault)
  }
}

/** Empty when what was pulled is accounted for. */
function sourceFault(source: SourceOverview): string {
  const { pulled, duplicates, quarantined } = source
  const sum = source.new + duplicates + quarantined
  if (pulled === sum) return ''
  return `pulled ${pulled} is not ${source.new} new + ${duplicates} duplicates + ${quarantined} quarantined = ${sum}`
}

function destinationFault(destination: DestinationOverview): string {
  const { offered, filtered, routed, delivered, waiting, retrying, dead, dropped } = destination
  const faults: string[] = []
  if (offered !== filtered + routed)
    faults.push(`offered ${offered} is not ${filtered} filtered + ${routed} routed = ${filtered + routed}`)
  const fates = delivered + waiting + retrying + dead + dropped
  if (routed !== fates)
    faults.push(
      `routed ${routed} is not ${delivered} delivered + ${waiting} waiting + ${retrying} retrying + ${dead} dead + ${dropped} dropped = ${fates}`,
    )
  return faults.join('; ')
}
