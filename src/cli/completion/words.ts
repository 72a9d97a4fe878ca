// What a completion script needs to know of the commands, without commander.

export interface OptionWords {
  readonly short: string | undefined
  readonly long: string
  readonly about: string
  readonly takes: 'nothing' | 'file' | 'text'
  readonly values: readonly string[]
}

export interface CommandWords {
  /** Empty for the program itself. */
  readonly name: string
  readonly about: string
  readonly options: readonly OptionWords[]
  /** What its argument may be. */
  readonly values: readonly string[]
  readonly takesFile: boolean
}

/** Flags of an option, short first. */
export function flagsOf(option: OptionWords): readonly string[] {
  return option.short === undefined ? [option.long] : [option.short, option.long]
}

/** Inside single quotes of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
