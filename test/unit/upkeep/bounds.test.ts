import { expect, it } from 'vitest'
import { StateFullError } from '../../../src/model/errors.ts'
import type { Trimmed } from '../../../src/store/buffer.ts'
import type { Store } from '../../../src/store/store.ts'
import type { TelemetryEvent } from '../../../src/telemetry/events.ts'
import { Bounds } from '../../../src/upkeep/bounds.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const part = (more: Partial<Trimmed>): Trimmed => ({ tooOld: 0, beyond: 0, fate: 'dropped', more: false, ...more })

/** Destinations over their bounds, what each trim comes to, and gates that hold a destination until it has stopped. */
function rig(over: readonly string[], trims: Record<string, (Trimmed | Error)[]>) {
  const told: TelemetryEvent[] = []
  const stopped = new Map<string, () => void>()
  const stops: string[] = []
  const store = {
    overBuffer: async () => over,
    trimBuffer: async (name: string) => {
      const next = trims[name]?.shift() ?? part({})
      if (next instanceof Error) throw next
      return next
    },
  }
  const destinations = {
    with: async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
      stops.push(name)
      await new Promise<void>((resolve) => stopped.set(name, resolve))
      return work()
    },
  }
  const telemetry = { emit: (event: TelemetryEvent) => void told.push(event) }
  const bounds = new Bounds({ store: store as unknown as Store, clock: new TestClock(), telemetry, destinations })
  return { bounds, told, stops, stopped, drain: new AbortController() }
}

it('trims until there is no more, and says once what that cost, by cause', async () => {
  const trims = { a: [part({ tooOld: 2000, more: true }), part({ tooOld: 5, beyond: 7 })] }
  const { bounds, told, stopped, drain } = rig(['a'], trims)
  await bounds.step(drain.signal)
  stopped.get('a')?.()
  await bounds.finish()
  expect(told).toMatchObject([
    { type: 'dropped', destination: 'a', events: 2005, cause: 'too_old' },
    { type: 'dropped', destination: 'a', events: 7, cause: 'buffer_full' },
  ])
  expect(bounds.busy).toBe(false)
})

it('calls a death a death, so that a run that made some does not end with 0', async () => {
  const { bounds, told, drain } = rig(['a'], { a: [part({ tooOld: 3, fate: 'dead' })] })
  await bounds.before(drain.signal)
  expect(told).toMatchObject([{ type: 'died', destination: 'a', events: 3, cause: 'too_old' }])
})

it('nobody waits for a destination that takes long to stop, and it is stopped once', async () => {
  const { bounds, told, stops, stopped, drain } = rig(['slow', 'fast'], { fast: [part({ beyond: 1 })] })
  await bounds.step(drain.signal)
  stopped.get('fast')?.()
  await bounds.step(drain.signal)
  expect(stops).toEqual(['slow', 'fast'])
  expect(bounds.busy).toBe(true)
  stopped.get('slow')?.()
  await bounds.finish()
  expect(told).toMatchObject([{ destination: 'fast', events: 1 }])
})

it('takes up nothing new, and leaves the rest, once it is asked to stop', async () => {
  const { bounds, told, stops, stopped, drain } = rig(['a'], { a: [part({ tooOld: 1, more: true })] })
  await bounds.step(drain.signal)
  drain.abort()
  await bounds.step(drain.signal)
  stopped.get('a')?.()
  await bounds.finish()
  expect(stops).toEqual(['a'])
  expect(told).toEqual([])
})

it('row 7: a full disk is waited for; any other failure ends the run', async () => {
  const full = rig(['a'], { a: [part({ tooOld: 1, more: true }), new StateFullError('full')] })
  await full.bounds.before(full.drain.signal)
  expect(full.told).toMatchObject([{ events: 1 }])
  const broken = rig(['a'], { a: [new Error('broken')] })
  await broken.bounds.step(broken.drain.signal)
  broken.stopped.get('a')?.()
  await expect(broken.bounds.finish()).rejects.toThrow('broken')
  await expect(broken.bounds.step(broken.drain.signal)).rejects.toThrow('broken')
})

it('one that was removed by command while it waited for its turn is let go, and the relay goes on', async () => {
  const over = ['parked']
  const { bounds, told, stopped, drain } = rig(over, { parked: [new Error('destination "parked" is not registered')] })
  await bounds.step(drain.signal)
  over.pop()
  stopped.get('parked')?.()
  await bounds.finish()
  expect(told).toEqual([])
  expect(bounds.busy).toBe(false)
})
