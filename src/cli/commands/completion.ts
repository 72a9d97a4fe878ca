// `completion`: a shell script made from the tree of commands, so that it never disagrees with the help.
import type { Command, Option } from 'commander'
import { bashScript } from '../completion/bash.ts'
import { fishScript } from '../completion/fish.ts'
import { zshScript } from '../completion/zsh.ts'
import type { CommandWords, OptionWords } from '../completion/words.ts'
import { EXIT } from '../exit-codes.ts'
import type { World } from '../world.ts'

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const

/** Prints the script for a shell. */
export function completionCommand(
  shell: keyof typeof scripts,
  program: Command,
  { stdout }: Pick<World, 'stdout'>,
): number {
  stdout.write(scripts[shell](wordsOf(program)))
  return EXIT.done
}

/** Every command with its options, those of the whole program included. */
export function wordsOf(program: Command): readonly CommandWords[] {
  const shared = [...program.options, ...helpOption()].map(optionWords)
  const top: CommandWords = { name: '', about: program.description(), options: shared, values: [], takesFile: false }
  const help: CommandWords = {
    name: 'help',
    about: 'explain a command',
    options: [],
    values: program.commands.map((c) => c.name()),
    takesFile: false,
  }
  return [top, ...program.commands.map((command) => commandWords(command, shared)), help]

  function helpOption(): readonly Option[] {
    return [program.createOption('-h, --help', 'explain a command')]
  }
}

function commandWords(command: Command, shared: readonly OptionWords[]): CommandWords {
  // Of a command that has commands of its own, everything that may follow it at all.
  const own = [command, ...command.commands].flatMap(({ options }) => options.map(optionWords))
  const options = [...uniqueByName(own), ...shared.filter(({ long }) => long !== '--version')]
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? [])
  const values = [...command.commands.map((one) => one.name()), ...choices]
  const takesFile = command.registeredArguments.some((argument) => argument.name() === 'file')
  return { name: command.name(), about: command.summary(), options, values, takesFile }
}

function uniqueByName(options: readonly OptionWords[]): readonly OptionWords[] {
  return [...new Map(options.map((option) => [option.long, option])).values()]
}

function optionWords(option: Option): OptionWords {
  const takes = !option.required && !option.optional ? 'nothing' : option.flags.includes('<file>') ? 'file' : 'text'
  return {
    short: option.short,
    long: option.long ?? '',
    about: option.description,
    takes,
    values: option.argChoices ?? [],
  }
}
