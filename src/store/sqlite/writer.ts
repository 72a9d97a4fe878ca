// Groups what is asked in one turn of the event loop into one transaction and one fsync. Each piece stands alone: when one fails,
// it alone is undone. It owns transactions; what is written in them is the business of others.
import type { Database, Statement } from 'better-sqlite3'
import { StateError } from '../../model/errors.ts'
import { crashPoint } from '../../runtime/crash-points.ts'
import { isBusy, isFatal, isFull, translated } from './connection.ts'

/** What a piece of work does beyond the database: once it is on the disk, or when it was rolled back. */
export interface Aftermath<Result> {
  readonly committed?: (result: Result) => void
  readonly undone?: () => void
}

interface Piece {
  readonly run: () => unknown
  readonly committed: (result: unknown) => void
  readonly undone: () => void
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

type Outcome = { readonly result: unknown } | { readonly error: unknown }

/** How the writer learns of a full disk, and that it still holds the state. */
export interface WriterHooks {
  /** Gives room back (the reserve) and stops what may be stopped. */
  readonly full: () => void
  /** Throws when another holder has taken over. */
  readonly fence: () => void
}

export class Writer {
  readonly #path: string
  readonly #db: Database
  readonly #hooks: WriterHooks
  readonly #begin: Statement<[]>
  readonly #commit: Statement<[]>
  readonly #save: Statement<[]>
  readonly #release: Statement<[]>
  readonly #back: Statement<[]>
  #pieces: Piece[] = []
  #scheduled = false
  #broken: StateError | undefined

  constructor(db: Database, path: string, hooks: WriterHooks) {
    this.#db = db
    this.#path = path
    this.#hooks = hooks
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#commit = db.prepare('COMMIT')
    this.#save = db.prepare('SAVEPOINT piece')
    this.#release = db.prepare('RELEASE piece')
    this.#back = db.prepare('ROLLBACK TO piece')
  }

  /** Runs `run` in the next transaction; resolves when it is on the disk. It may run twice, so it changes only the database. */
  write<Result>(run: () => Result, aftermath: Aftermath<Result> = {}): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#pieces.push({
        run,
        committed: (result) => aftermath.committed?.(result as Result),
        undone: () => aftermath.undone?.(),
        resolve: resolve as (result: unknown) => void,
        reject,
      })
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => this.flush())
    })
  }

  /** Throws when the state can no longer be trusted. */
  check(): void {
    if (this.#broken) throw this.#broken
  }

  /** Everything asked so far, now. */
  flush(): void {
    this.#scheduled = false
    const pieces = this.#pieces
    this.#pieces = []
    if (pieces.length === 0) return
    if (this.#broken) for (const piece of pieces) piece.reject(this.#broken)
    else this.#finish(pieces, this.#group(pieces))
  }

  /** When the disk is full, room is made and each piece tried alone: what is small (settlements) still fits. */
  #group(pieces: readonly Piece[]): readonly Outcome[] {
    try {
      return this.#transact(pieces)
    } catch (error) {
      this.#undo(pieces)
      if (!isFull(error)) return this.#lost(pieces, error)
      this.#hooks.full()
      return pieces.map((piece) => this.#alone(piece))
    }
  }

  #alone(piece: Piece): Outcome {
    try {
      return this.#transact([piece])[0] as Outcome
    } catch (error) {
      this.#undo([piece])
      return isFull(error) ? { error } : (this.#lost([piece], error)[0] as Outcome)
    }
  }

  #transact(pieces: readonly Piece[]): readonly Outcome[] {
    this.#begin.run()
    this.#hooks.fence()
    const outcomes = pieces.map((piece) => this.#piece(piece))
    crashPoint('before-commit')
    this.#commit.run()
    return outcomes
  }

  #piece(piece: Piece): Outcome {
    this.#save.run()
    try {
      const result = piece.run()
      this.#release.run()
      return { result }
    } catch (error) {
      if (isFull(error) || isFatal(error) || !this.#db.inTransaction) throw error
      this.#back.run()
      this.#release.run()
      piece.undone()
      return { error }
    }
  }

  #undo(pieces: readonly Piece[]): void {
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
    for (const piece of pieces) piece.undone()
  }

  /** Nobody knows what an unreadable file or a failed fsync left behind: nothing more is written by this process. */
  #lost(pieces: readonly Piece[], error: unknown): readonly Outcome[] {
    const reason = translated(error, this.#path)
    if (reason instanceof StateError && !isBusy(error)) this.#broken = reason
    return pieces.map(() => ({ error: reason }))
  }

  #finish(pieces: readonly Piece[], outcomes: readonly Outcome[]): void {
    pieces.forEach((piece, index) => {
      const outcome = outcomes[index] as Outcome
      if ('error' in outcome) return piece.reject(translated(outcome.error, this.#path))
      piece.committed(outcome.result)
      piece.resolve(outcome.result)
    })
  }
}
