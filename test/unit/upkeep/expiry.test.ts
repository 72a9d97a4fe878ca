// When old dead letters are looked at, what is said of them, and who is left alone.
import { expect, it } from 'vitest'
import { StateFullError } from '../../../src/model/errors.ts'
import type { StoredRequest } from '../../../src/store/requests.ts'
import type { Expiry } from '../../../src/store/retention.ts'
import type { Store } from '../../../src/store/store.ts'
import type { TelemetryEvent } from '../../../src/telemetry/events.ts'
import { DeadLetterExpiry } from '../../../src/upkeep/expiry.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const nothing: Expiry = { announced: 0, purged: 0, more: false }

/** A store that answers with `steps`, in turn, and then that nothing happened. */
function rig(
  steps: readonly (Expiry | Error)[],
  keepMs: readonly (readonly [string, number | null])[] = [['siem', 7]],
) {
  const asked: (readonly [string, number])[] = []
  const said: TelemetryEvent[] = []
  const requests: StoredRequest['asked'][] = []
  const left = [...steps]
  const store = {
    openRequests: async () => requests.map((one) => ({ asked: one })),
    expireDeadLetters: async (name: string, keep: number) => {
      asked.push([name, keep])
      const next = left.shift() ?? nothing
      if (next instanceof Error) throw next
      return next
    },
  }
  const parts = { clock: new TestClock(), telemetry: { emit: (event: TelemetryEvent) => void said.push(event) } }
  const expiry = new DeadLetterExpiry({ store: store as unknown as Store, ...parts, keepMs: new Map(keepMs) })
  return { expiry, asked, said, requests }
}

it('takes one step for each destination, and keeps for ever what is to be kept for ever', async () => {
  const keeps = [
    ['siem', 7],
    ['archive', null],
  ] as const
  const { expiry, asked, said } = rig([], keeps)
  expect(await expiry.step()).toBe(false)
  expect(asked).toEqual([
    ['siem', 7],
    ['archive', Infinity],
  ])
  expect(said).toEqual([])
})

it('tells an announcement at once, and a purge when it is over, with the sum', async () => {
  const steps = [
    { announced: 700, purged: 0, more: false },
    { announced: 0, purged: 500, more: true },
    { announced: 0, purged: 200, more: false },
  ]
  const { expiry, said } = rig(steps)
  expect([await expiry.step(), await expiry.step(), await expiry.step(), await expiry.step()]).toEqual([
    false,
    true,
    false,
    false,
  ])
  expect(said).toEqual([
    { type: 'dead_letters_expiring', destination: 'siem', letters: 700 },
    { type: 'dead_letters_purged', destination: 'siem', letters: 700 },
  ])
})

it('takes nothing away while somebody wants letters of the destination back', async () => {
  const keeps = [
    ['siem', 7],
    ['archive', 7],
  ] as const
  const { expiry, asked, requests } = rig([], keeps)
  const letters = [{ destination: 'siem', ranges: [[1, 9]] as const }]
  requests.push({ kind: 'replay_dead_letters', letters, to: null, perSecond: 1 })
  await expiry.step()
  expect(asked).toEqual([['archive', 7]])
  requests.splice(0)
  await expiry.step()
  expect(asked.slice(1)).toEqual([
    ['siem', 7],
    ['archive', 7],
  ])
})

it('waits when the state is full, and fails for any other reason', async () => {
  const { expiry, said } = rig([new StateFullError('full'), new Error('broken')])
  expect(await expiry.step()).toBe(false)
  await expect(expiry.step()).rejects.toThrow('broken')
  expect(said).toEqual([])
})
