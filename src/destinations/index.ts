// The registry of destination kinds. To add one: its folder, and a line here.
import type { DestinationKind } from './destination.ts'
import { datadog } from './datadog/index.ts'
import { elastic } from './elastic/index.ts'
import { file } from './file/index.ts'
import { http } from './http/index.ts'
import { opensearch } from './opensearch/index.ts'
import { sentinel } from './sentinel/index.ts'
import { splunkHec } from './splunk-hec/index.ts'
import { stdout } from './stdout/index.ts'
import { webhook } from './webhook/index.ts'

/** Every kind of destination that a configuration can name. */
export const DESTINATION_KINDS: readonly DestinationKind[] = [
  kind(webhook),
  kind(http),
  kind(file),
  kind(stdout),
  kind(splunkHec),
  kind(datadog),
  kind(elastic),
  kind(opensearch),
  kind(sentinel),
]

/** A kind is only ever given the options that its own schema made, so the type of its options may be forgotten here. */
function kind<Options>(of: DestinationKind<Options>): DestinationKind {
  return of as unknown as DestinationKind
}
