// The rows of what each destination was over time.
import type { Database, Statement } from 'better-sqlite3'
import type { Seq } from '../../model/page.ts'
import { type DefinitionFrom, definitionsAfter } from '../definitions.ts'
import type { Registration } from '../registration.ts'

export class Definitions {
  readonly #rows: Statement<[number], DefinitionFrom>
  readonly #oldest: Statement<[], { seq: Seq | null }>
  readonly #clear: Statement<[number]>
  readonly #add: Statement<[number, Seq, string | null]>

  constructor(db: Database) {
    this.#rows = db.prepare(
      'SELECT from_seq AS "from", definition FROM definition WHERE destination = ? ORDER BY from_seq',
    )
    this.#oldest = db.prepare('SELECT min(first_seq) AS seq FROM page')
    this.#clear = db.prepare('DELETE FROM definition WHERE destination = ?')
    this.#add = db.prepare('INSERT INTO definition (destination, from_seq, definition) VALUES (?, ?, ?)')
  }

  /** In order. */
  of(destination: number): readonly DefinitionFrom[] {
    return this.#rows.all(destination)
  }

  /** Writes down what a registration made of a destination. */
  register(destination: number, plan: Registration, nextSeq: Seq): void {
    const oldest = this.#oldest.get()?.seq ?? nextSeq
    const after = definitionsAfter(this.of(destination), plan, { nextSeq, oldest })
    this.#clear.run(destination)
    for (const { from, definition } of after) this.#add.run(destination, from, definition)
  }
}
