// Completion for fish.
import { quoted, type CommandWords, type OptionWords } from './words.ts'

export function fishScript(commands: readonly CommandWords[]): string {
  const named = commands.filter(({ name }) => name !== '')
  return `# fish completion for audit-relay
complete -c audit-relay -f
${named.map(({ name, about }) => `complete -c audit-relay -n __fish_use_subcommand -a ${name} -d ${fishQuoted(about)}`).join('\n')}
${commands.flatMap((command) => [...command.options.map((option) => optionLine(command, option)), ...argumentLine(command)]).join('\n')}
`
}

function conditionOf({ name }: CommandWords): string {
  return name === '' ? '__fish_use_subcommand' : quoted(`__fish_seen_subcommand_from ${name}`)
}

function optionLine(command: CommandWords, option: OptionWords): string {
  const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`
  const values = option.values.length > 0 ? ` -a ${fishQuoted(option.values.join(' '))}` : ''
  const takes = { nothing: '', file: ' -r -F', text: ` -x${values}` }[option.takes]
  return `complete -c audit-relay -n ${conditionOf(command)}${short} -l ${option.long.slice(2)} -d ${fishQuoted(option.about)}${takes}`
}

function argumentLine(command: CommandWords): readonly string[] {
  if (command.takesFile) return [`complete -c audit-relay -n ${conditionOf(command)} -F`]
  return command.values.length === 0
    ? []
    : [`complete -c audit-relay -n ${conditionOf(command)} -a ${fishQuoted(command.values.join(' '))}`]
}

/** fish knows only the backslash inside single quotes. */
function fishQuoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
