// What a person can do about dead letters that share a destination, a cause and an answer.
import { quoted } from '../completion/words.ts'

interface Kind {
  readonly destination: string
  readonly cause: string
  readonly code: string
}

const advice: ReadonlyMap<string, string> = new Map([
  [
    'rejected',
    'The receiver took other events and refused these. Look at one, set right what its answer complains of (a field, a mapping, an index), then replay.',
  ],
  [
    'exhausted',
    'Every retry failed while other events were taken. Once the receiver is well, replay, and not faster than it can take.',
  ],
  [
    'too_large',
    'Each is larger than the receiver takes, even alone. Raise its limit and replay, or send them --to a destination that takes them.',
  ],
  [
    'too_old',
    'They waited longer than the destination\'s own bound, "buffer.max_age"; nobody refused them. Raise it, or set right why the destination is slow, then replay.',
  ],
  [
    'buffer_full',
    'The destination\'s own bound, "buffer.max_bytes", was full; nobody refused them. Raise it, or set right why the destination is slow, then replay.',
  ],
])

/** What was refused before it was sent, or for the same reason by every receiver of the kind: no answer that could be set right. */
const adviceByCode: ReadonlyMap<string, string> = new Map([
  ['too_old', 'The receiver does not take events of that age. Send them --to a destination that does, or export them.'],
  [
    'unmappable',
    'They cannot be put into the form that the destination wants. Export them, or send them --to another.',
  ],
])

const provisionalAdvice =
  'The receiver refused these and has taken nothing since. Either they are at fault, or it refuses everything: after a hundred in a row, or a whole batch, they go back to waiting by themselves. Set right what the answer complains of, then replay.'

/** A few sentences; the same for every letter of the kind. */
export function adviceFor({ cause, code, provisional }: Omit<Kind, 'destination'> & { provisional: boolean }): string {
  const own = cause === 'rejected' ? adviceByCode.get(code) : undefined
  if (own !== undefined) return own
  if (provisional && cause === 'rejected') return provisionalAdvice
  return advice.get(cause) ?? 'Look at one, set right what its answer complains of, then replay.'
}

/** Options that choose exactly this kind. */
export function optionsFor({ destination, cause, code }: Kind): string {
  return `--destination ${word(destination)} --reason ${word(cause)} --code ${word(code)}`
}

/** A word for a shell, quoted only where it must be. */
export function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) && !text.startsWith('-') ? text : quoted(text)
}
