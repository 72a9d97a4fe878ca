// What tests of commands ask again and again: run one, expect that it worked, and what the state says.
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import type { StoredRequest } from '../../src/store/requests.ts'
import type { Ended, Place } from './run-fixture.ts'

export interface Balance {
  readonly name: string
  readonly offered: number
  readonly filtered: number
  readonly delivered: number
  readonly waiting: number
  readonly retrying: number
  readonly dead: number
  readonly dropped: number
  readonly balanced: boolean
}

export function command(at: Place, ...args: readonly string[]): Promise<Ended> {
  return at.start(args).ended
}

/** Its output; throws when it did not end with 0. */
export async function done(at: Place, ...args: readonly string[]): Promise<string> {
  const { code, signal, out, err } = await command(at, ...args)
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code ?? signal}: ${err}${out}`)
  return out
}

/** What `status` says of a destination. */
export async function balanceOf(at: Place, name: string): Promise<Balance> {
  // 1 is said when something needs attention; that is not asked here.
  const { out, err } = await command(at, 'status', '--json')
  if (out === '') throw new Error(`status said nothing but: ${err}`)
  const { destinations } = JSON.parse(out) as { destinations: Balance[] }
  const found = destinations.find((one) => one.name === name)
  if (!found) throw new Error(`status knows no destination ${name}`)
  return found
}

/** Newest first. */
export async function requestsOf(at: Place): Promise<readonly StoredRequest[]> {
  const reader = await openSqliteReader(at.file('state.db'))
  try {
    return await reader.requests(100)
  } finally {
    await reader.close()
  }
}

/** Looks again and again, and lets others have their turn in between. */
export async function until<Seen>(look: () => Promise<Seen>, met: (seen: Seen) => boolean): Promise<Seen> {
  for (;;) {
    const seen = await look()
    if (met(seen)) return seen
    await new Promise((resolve) => setImmediate(resolve))
  }
}
