// One answer of the source, and what stands at the places that a definition names in it.
import type { HttpReply } from '../../runtime/http.ts'
import { JsonBody, type JsonValue, valueAt } from '../json-body.ts'
import type { Path } from '../path.ts'
import type { Records } from '../records.ts'
import { nextLink } from './link-header.ts'
import type { Place } from './page-plan.ts'
import type { Scalar } from './schema-words.ts'

export class Answer {
  readonly reply: HttpReply
  #body: JsonBody | undefined

  constructor(reply: HttpReply) {
    this.reply = reply
  }

  /** Looked at once, when it is asked for. */
  get body(): JsonBody {
    return (this.#body ??= new JsonBody(this.reply.body))
  }

  /** What stands at a place; null where JSON says null. `records` are those of this answer, for a place in one of them. */
  at(place: Place, records?: Pick<Records, 'first' | 'last'>): Scalar | null | undefined {
    switch (place.of) {
      case 'link':
        return nextLink(this.reply.headers['link'] ?? '')
      case 'header':
        return this.reply.headers[place.name]
      case 'body':
        return scalarOf(this.body.value(place.path))
      case 'first':
      case 'last': {
        const record = records?.[place.of]
        return record && scalarOf(valueAt(record, place.path))
      }
    }
  }
}

/** What stands at a path of a piece of JSON, for example of an item. */
export function scalarAt(json: Parameters<typeof valueAt>[0], path: Path): Scalar | null | undefined {
  return scalarOf(valueAt(json, path))
}

/** A number that JavaScript would change keeps its digits, as text. A map or list has no value. */
function scalarOf(value: JsonValue | undefined): Scalar | null | undefined {
  switch (value?.type) {
    case undefined:
    case 'object':
    case 'list':
      return undefined
    case 'null':
      return null
    case 'boolean':
      return value.text === 'true'
    case 'text':
      return value.text
    case 'number':
      return String(Number(value.text)) === value.text ? Number(value.text) : value.text
  }
}
