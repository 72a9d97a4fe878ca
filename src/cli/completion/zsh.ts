// Completion for zsh.
import { flagsOf, quoted, type CommandWords, type OptionWords } from './words.ts'

export function zshScript(commands: readonly CommandWords[]): string {
  const [top, ...named] = commands
  return `#compdef audit-relay
# zsh completion for audit-relay
_audit_relay() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a commands
  commands=(
${named.map(({ name, about }) => `    ${quoted(`${name}:${about}`)}`).join('\n')}
  )
  _arguments -C ${(top?.options ?? []).map(specOf).join(' ')} '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $words[1] in
${named.map(commandCase).join('\n')}
      esac ;;
  esac
}
if [[ $funcstack[1] == _audit_relay ]]; then _audit_relay "$@"; else compdef _audit_relay audit-relay; fi
`
}

function commandCase(command: CommandWords): string {
  const argument = command.takesFile
    ? ["'1:file:_files'"]
    : command.values.length > 0
      ? [quoted(`1:value:(${command.values.join(' ')})`)]
      : []
  const specs = [...command.options.map(specOf), ...argument]
  return `        ${command.name}) ${specs.length > 0 ? `_arguments ${specs.join(' ')}` : ':'} ;;`
}

function specOf(option: OptionWords): string {
  const flags = flagsOf(option)
  const about = option.about.replace(/[[\]:\\]/g, '\\$&')
  const values = option.values.length > 0 ? `(${option.values.join(' ')})` : ' '
  const action = option.takes === 'nothing' ? '' : `:value:${option.takes === 'file' ? '_files' : values}`
  const exclusive = flags.length > 1 ? `'(${flags.join(' ')})'{${flags.join(',')}}` : flags[0]
  return `${exclusive}${quoted(`[${about}]${action}`)}`
}
