// Errors that cross rooms. The code nearest the failure chooses the class; everything above only reads it.

/** One fault of the configuration, with the place where it stands. */
export interface ConfigFault {
  readonly file: string
  /** 1-based; absent when the fault has no place in a file. */
  readonly line?: number
  readonly column?: number
  readonly length?: number
  readonly severity: 'error' | 'warning'
  /** What is wrong, as one sentence without a full stop. */
  readonly message: string
  /** What to do, for example `did you mean "filter"?`. */
  readonly hint?: string
  /** Lines around the place, secrets masked; `first` is the number of the first of them. */
  readonly frame?: { readonly first: number; readonly lines: readonly string[] }
}

/** The configuration cannot be used; every fault at once. Exit code 78. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly ConfigFault[]
  constructor(faults: readonly ConfigFault[]) {
    super(faults.map((fault) => fault.message).join('; '))
    this.faults = faults
  }
}

/** A source could not be read. The page was not committed; nothing is lost. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
  /** `transient`: back off and try again. `limited`: wait `afterMs`. `denied`: a person must act; tried again slowly. */
  readonly kind: 'transient' | 'limited' | 'denied'
  readonly afterMs: number | undefined
  constructor(kind: SourceError['kind'], message: string, options: { cause?: unknown; afterMs?: number } = {}) {
    super(message, { cause: options.cause })
    this.kind = kind
    this.afterMs = options.afterMs
  }
}

/**
 * A window cannot be read as it was asked for. `too_wide`: it holds more than the source gives at once (a page limit, a result that was
 * cut off, a time limit); narrower ones may do. `expired`: its progress is no longer good; it is begun anew.
 */
export class WindowError extends Error {
  override readonly name = 'WindowError'
  readonly kind: 'too_wide' | 'expired'
  constructor(kind: WindowError['kind'], message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.kind = kind
  }
}

/** Another process holds the state. Exit code 4. */
export class StateHeldError extends Error {
  override readonly name = 'StateHeldError'
}

/** The state is damaged, gone, truncated, newer than this program, or not ours. The relay stops and replaces nothing. */
export class StateError extends Error {
  override readonly name = 'StateError'
}

/**
 * There is no room for another page: the disk is full, or `state.max_size` is reached. Reading waits, delivery goes on.
 * `holder` names the destination whose waiting events hold the oldest page.
 */
export class StateFullError extends Error {
  override readonly name = 'StateFullError'
  readonly holder: string | undefined
  constructor(message: string, holder?: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.holder = holder
  }
}

/** A secret or a set-up that one source or destination needs is missing or unusable; only that one is halted. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}

/** What an operator asked for cannot be done as things are; the message says why and what to do. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
