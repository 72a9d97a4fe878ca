// The registry of destination kinds. To add one: its folder, and a line here.
import type { DestinationKind } from './destination.ts'
import { file } from './file/index.ts'
import { stdout } from './stdout/index.ts'
import { webhook } from './webhook/index.ts'

/** Every kind of destination that a configuration can name. */
export const DESTINATION_KINDS: readonly DestinationKind[] = [kind(webhook), kind(file), kind(stdout)]

/** A kind is only ever given the options that its own schema made, so the type of its options may be forgotten here. */
function kind<Options>(of: DestinationKind<Options>): DestinationKind {
  return of as unknown as DestinationKind
}
