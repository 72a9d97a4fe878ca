// What the declarations of commands share: their form, and the options that many commands have.
import type { Command } from 'commander'
import { UsageError } from './options.ts'
import type { World } from './world.ts'

/** Adds a command to the program, or to a group of commands; `finish` is given the exit code when it has run. */
export type Declare = (program: Command, world: World, finish: (code: number) => void) => void

export const stateOption = [
  '--state <file>',
  'the state file, instead of the one that the configuration names',
] as const
export const jsonOption = ['--json', 'as JSON; the shape is stable'] as const

/** The examples at the end of a help text. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`
}

/** Throws `UsageError` for an option, by the name of its value, that was given and says something only together with `needed`. */
export function refuseGiven(command: Command, name: string, needed: string): void {
  const given = command.options.find((option) => option.attributeName() === name)?.long
  if (given && command.getOptionValueSource(name) === 'cli')
    throw new UsageError(`${given} says nothing without ${needed}: add that, or leave ${given} out`)
}
