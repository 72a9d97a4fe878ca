// Records that hold a list of what really happened: one event for each item, together with what the items share.
import { Children, follow } from './json-walk.ts'
import { parsePath, type Path } from './path.ts'
import type { FoundRecord } from './records.ts'
import { typeAt } from './json-body.ts'
import { Without } from './without.ts'

/** What the items of one record share is copied for each of them, so it has a limit, bytes. */
const mostShared = 1024 * 1024

/** Makes of a record with a list one record for each item: the record without the list, and the item as its member `item`. */
export class ItemSplitter {
  readonly #path: Path
  readonly #without: Without
  readonly #written: string

  constructor(path: string) {
    this.#written = path
    this.#path = parsePath(path)
    this.#without = new Without([path])
  }

  /** A record without such a list, or with an empty one, stays as it is, so that it is not lost. */
  *split(record: FoundRecord): Generator<FoundRecord> {
    const { bytes, index } = record
    const list = follow(bytes, record, this.#path)
    const items = list && typeAt(bytes, list.start) === 'list' ? new Children(bytes, list.start, list.end) : undefined
    if (!items?.next()) return yield record
    const shared = this.#without.copy(bytes, record.start, record.end)
    if (shared.length > mostShared) {
      const detail = `what the items at "${this.#written}" share is longer than ${mostShared} bytes`
      return yield { ...record, refusal: { reason: 'too_large', detail } }
    }
    const head = Buffer.concat([shared.subarray(0, -1), Buffer.from(shared.length > 2 ? ',"item":' : '"item":')])
    do {
      const whole = Buffer.concat([head, bytes.subarray(items.start, items.end), closing])
      yield { bytes: whole, start: 0, end: whole.length, index, item: items.index }
    } while (items.next())
  }
}

const closing = Buffer.from('}')
