// The options of one source or destination: kept as they were written, resolved and checked anew each time they are read,
// because a secret may have changed meanwhile.
import type { ZodType } from 'zod'
import { SetupError } from '../model/errors.ts'
import { type ReferenceWorld, resolveAll, textsIn } from './references.ts'
import { namesSecret } from './secret-names.ts'
import { noMessage } from './expected.ts'
import { wordings } from './wording.ts'

/** What source kinds and destination kinds have in common. */
export interface Kind {
  readonly type: string
  readonly options: ZodType
  readonly settle?: (options: never, folder: string) => unknown
}

/** Shorter values are no secrets and would make every text unreadable when they are masked. */
const shortestSecret = 4

export class KindOptions {
  readonly #kind: Kind
  readonly #written: Readonly<Record<string, unknown>>
  readonly #world: ReferenceWorld
  #secrets: readonly string[]

  constructor(kind: Kind, written: Readonly<Record<string, unknown>>, world: ReferenceWorld) {
    this.#kind = kind
    this.#written = written
    this.#world = world
    this.#secrets = literalSecrets(written)
  }

  /** Throws `SetupError` when a reference leads nowhere or when what it gave does not fit. */
  read(): unknown {
    const found = new Set(literalSecrets(this.#written))
    const resolved = resolveAll(this.#written, this.#world, found)
    this.#secrets = [...found].filter((secret) => secret.length >= shortestSecret)
    const result = this.#kind.options.safeParse(resolved, { error: () => noMessage })
    if (!result.success) throw new SetupError(this.#complaint(wordings(result.error.issues, resolved)))
    return this.#kind.settle ? this.#kind.settle(result.data as never, this.#world.folder) : result.data
  }

  /** As last read. */
  secrets(): readonly string[] {
    return this.#secrets
  }

  #complaint(found: ReturnType<typeof wordings>): string {
    // What was found may be the very value that must not show.
    const sentences = found.map(
      ({ path, message }) => `${path.map(String).join('.') || 'options'}: ${message.split(', found')[0]}`,
    )
    return this.#secrets.reduce((text, secret) => text.replaceAll(secret, '***'), sentences.join('; '))
  }
}

function literalSecrets(written: unknown): string[] {
  const found = [...textsIn(written)].filter(
    ({ path, text }) => text.length >= shortestSecret && path.some((key) => namesSecret(String(key))),
  )
  return found.map(({ text }) => text).filter((text) => !text.includes('${'))
}
