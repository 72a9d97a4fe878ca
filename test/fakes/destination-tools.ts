// What a destination is given, over real HTTP on loopback and a clock that stands still.
import type { Tools } from '../../src/destinations/destination.ts'
import { createHttpClient } from '../../src/runtime/http-client.ts'
import { systemRandom } from '../../src/runtime/random.ts'
import { TestClock } from './test-clock.ts'

export function destinationTools(change: Partial<Tools> = {}): Tools & { readonly clock: TestClock } {
  const http: Tools['http'] = (connection) => createHttpClient({ ...connection, inFlight: 4, timeoutMs: 10_000 })
  return { name: 'archive', clock: new TestClock(), random: systemRandom, http, ...change } as Tools & {
    clock: TestClock
  }
}
