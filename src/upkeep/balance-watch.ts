// Looks now and then whether every event is accounted for, and says so when one is not: once for each source or destination and
// each change of what is wrong.
import { destinationEquations, faultsOf, sourceEquations } from '../store/balance.ts'
import type { Overview } from '../store/store.ts'
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
      this.#tell(`source ${name}`, faultsOf(sourceEquations(source)).join('; '), (text) =>
        this.#telemetry.emit({ type: 'imbalance', source: name, text }),
      )
    }
    for (const destination of destinations) {
      const { name } = destination
      this.#tell(`destination ${name}`, faultsOf(destinationEquations(destination)).join('; '), (text) =>
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
