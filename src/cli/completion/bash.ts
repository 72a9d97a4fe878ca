// Completion for bash, without the bash-completion package.
import { flagsOf, quoted, type CommandWords, type OptionWords } from './words.ts'

export function bashScript(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name).filter((name) => name !== '')
  return `# bash completion for audit-relay
_audit_relay() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${names.join('|')}) command=$word; break ;; esac
  done
  case $command/$previous in
${commands.flatMap((command) => command.options.flatMap((option) => valueCase(command, option))).join('\n')}
  esac
  case $command in
${commands.map((command) => wordCase(command, names)).join('\n')}
  esac
}
complete -o bashdefault -F _audit_relay audit-relay
`
}

/** After an option that takes something: its values, files, or nothing. */
function valueCase({ name }: CommandWords, option: OptionWords): readonly string[] {
  if (option.takes === 'nothing') return []
  const pattern = flagsOf(option)
    .map((flag) => `${quoted(name)}/${flag}`)
    .join('|')
  return [`    ${pattern}) ${option.takes === 'file' ? offerFiles : offer(option.values)}; return ;;`]
}

function wordCase(command: CommandWords, names: readonly string[]): string {
  const options = command.options.flatMap(flagsOf)
  const words = command.name === '' ? names : command.values
  const bare = command.takesFile ? offerFiles : offer(words)
  return `    ${quoted(command.name)}) if [[ $current == -* ]]; then ${offer(options)}; else ${bare}; fi ;;`
}

const offerFiles = `mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames 2>/dev/null`

function offer(words: readonly string[]): string {
  return `mapfile -t COMPREPLY < <(compgen -W ${quoted(words.join(' '))} -- "$current")`
}
