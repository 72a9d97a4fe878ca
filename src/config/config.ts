// What the operator asked for, checked and with every default in place. `load.ts` makes it.
import type { ConfigFault } from '../model/errors.ts'
import type { BatchLimits, Dress } from '../model/batch.ts'
import type { DestinationKind } from '../destinations/destination.ts'
import type { FilterSpec } from '../filters/schema.ts'
import type { SourceKind } from '../sources/source.ts'
import type { GivenWindows } from '../sources/window-settings.ts'

export interface RelayConfig {
  /** Absolute path of the file. */
  readonly file: string
  /** Relative paths in the file are relative to this folder. */
  readonly folder: string
  readonly state: StateConfig
  readonly sources: readonly SourceConfig[]
  readonly destinations: readonly DestinationConfig[]
  readonly audit: AuditConfig
  readonly warnings: readonly ConfigFault[]
}

export interface AuditConfig {
  /** Whether each batch, or each event, that was delivered is audited. */
  readonly delivered: 'off' | 'batch' | 'event'
}

export interface StateConfig {
  readonly path: string
  readonly maxBytes: number
  readonly keepMs: number
  readonly reserveBytes: number
}

export interface SourceConfig {
  readonly name: string
  readonly type: string
  readonly kind: SourceKind
  readonly everyMs: number
  /** When it is pulled, instead of `everyMs`. */
  readonly cron?: string
  /** What the file says about windows. */
  readonly windows?: GivenWindows
  /** Reads references (environment, files) anew. Throws `SetupError` when one is missing. */
  options(): unknown
}

export interface DestinationConfig {
  readonly name: string
  readonly type: string
  readonly kind: DestinationKind
  /** Names of sources, or null for all. */
  readonly sources: readonly string[] | null
  readonly filter: FilterSpec
  readonly enabled: boolean
  readonly was?: string
  readonly start?: 'now' | 'beginning' | { readonly agoMs: number }
  /** One retry for each delay, ms. */
  readonly scheduleMs: readonly number[]
  readonly inFlight: number
  readonly timeoutMs: number
  readonly limits: BatchLimits
  /** A bound of its own on what waits: its age in ms, its bytes; null without one. */
  readonly buffer: {
    readonly maxAgeMs: number | null
    readonly maxBytes: number | null
    readonly whenFull: 'block' | 'drop_oldest' | 'dead_letter'
  } | null
  /** How long dead letters are kept, ms; null: for ever. */
  readonly deadLettersKeepMs: number | null
  /** Everything but secrets, as canonical JSON with references unresolved: tells whether the destination changed. */
  readonly definition: string
  /** Reads references (environment, files) anew. Throws `SetupError` when one is missing. */
  options(): unknown
  /** Writes events in the destination's format and without what is redacted; absent where they go as they are. Throws like `options`. */
  readonly dress?: () => Dress
  /** Values that must never appear in an output, as they were last read. */
  secrets(): readonly string[]
}
