// Ids for records that have none: a hash of the content, and a number that keeps equal records apart.
import { hash } from 'node:crypto'

/** 128 bits tell any two records apart. */
const idCharacters = 32
/** Of a window's own records this many bits do; a clash would only skip a number, and would do so at every reading. */
const entryCharacters = 16
const mostEntries = 2000

/**
 * Makes the ids of one reading of one window: equal records are counted in the order in which they come, so that two identical failed
 * logins stay two, and reading the same window again gives the same ids whatever its pages are. Equal records have equal times, so all
 * of them lie in the same window.
 */
export class Ordinals {
  readonly #identity: Buffer
  readonly #seen: Map<string, number>

  /** `identity`: what the ids belong to, for example the source's name and the part. `state`: what `state()` of an earlier one gave. */
  constructor(identity: string, state = '') {
    this.#identity = Buffer.from(`${identity}\0`)
    this.#seen = new Map(state.split(' ').flatMap((entry) => read(entry)))
  }

  /** The id of the next record with these bytes. */
  next(bytes: Uint8Array): string {
    const id = hash('sha256', Buffer.concat([this.#identity, bytes]), 'hex').slice(0, idCharacters)
    const entry = id.slice(0, entryCharacters)
    const ordinal = (this.#seen.get(entry) ?? 0) + 1
    this.#seen.set(entry, ordinal)
    return ordinal === 1 ? id : `${id}#${ordinal}`
  }

  /**
   * What another process needs to go on in the middle of the window; undefined when that is too much to be kept with every page (more
   * than `limit` records): then the page gives no progress, and after a crash the window is begun anew.
   */
  state(limit = mostEntries): string | undefined {
    if (this.#seen.size > limit) return undefined
    return [...this.#seen].map(([entry, ordinal]) => (ordinal === 1 ? entry : `${entry}#${ordinal}`)).join(' ')
  }
}

function read(entry: string): [string, number][] {
  const [id = '', ordinal = '1'] = entry.split('#')
  return id === '' ? [] : [[id, Number(ordinal)]]
}
