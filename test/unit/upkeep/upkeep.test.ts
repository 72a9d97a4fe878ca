// What the holder does again and again, when there is no room for it, and when it fails otherwise.
import { expect, it } from 'vitest'
import { StateError, StateFullError } from '../../../src/model/errors.ts'
import type { Store } from '../../../src/store/store.ts'
import type { Requests } from '../../../src/upkeep/requests.ts'
import { Upkeep } from '../../../src/upkeep/upkeep.ts'
import { TestClock } from '../../fakes/test-clock.ts'

/** An upkeep whose heartbeats and prunes are answered with `failures`, in turn, and then well; when each was asked, and whether it has ended. */
function rig(failures: { readonly heartbeat?: readonly Error[]; readonly prune?: readonly Error[] }) {
  const clock = new TestClock()
  const asked = { heartbeat: [] as number[], prune: [] as number[], requests: 0, finished: 0 }
  const left = { heartbeat: [...(failures.heartbeat ?? [])], prune: [...(failures.prune ?? [])] }
  const answer = (chore: 'heartbeat' | 'prune'): void => {
    asked[chore].push(clock.monotonic())
    const failure = left[chore].shift()
    if (failure) throw failure
  }
  const store = {
    heartbeat: async () => answer('heartbeat'),
    prune: async () => {
      answer('prune')
      return { pages: 0, more: false }
    },
    overview: async () => ({ sources: [], destinations: [] }),
  } as unknown as Store
  const requests = { step: async () => void asked.requests++, finish: async () => void asked.finished++ }
  const upkeep = new Upkeep({ store, clock, telemetry: { emit: () => {} }, requests: requests as unknown as Requests })
  const drain = new AbortController()
  let ending: unknown = 'goes on'
  const running = upkeep.run(drain.signal).then(
    () => (ending = 'ended'),
    (error: unknown) => (ending = error),
  )
  return { clock, asked, drain, running, ending: () => ending }
}

const full = () => new StateFullError('no room')

it('puts off what finds no room until it is due again, and goes on with everything else', async () => {
  const { clock, asked, drain, running, ending } = rig({ heartbeat: [full(), full()], prune: [full()] })
  await clock.advance(31_000)
  expect(ending()).toBe('goes on')
  expect(asked.heartbeat).toEqual([0, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000])
  expect(asked.prune).toEqual([0, 30_000])
  expect(asked.requests).toBe(32)
  drain.abort()
  await running
  expect([ending(), asked.finished]).toEqual(['ended', 1])
})

it('ends with any other failure', async () => {
  const failure = new StateError('the state is damaged')
  const { clock, asked, running, ending } = rig({ heartbeat: [full(), failure] })
  await clock.advance(4_999)
  expect(ending()).toBe('goes on')
  await clock.advance(1)
  await running
  expect(ending()).toBe(failure)
  await clock.advance(60_000)
  expect(asked.heartbeat).toEqual([0, 5_000])
})
