// Following an event whose filter was edited by hand between two runs, as an operator does it.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { event, Place } from './run-fixture.ts'

let place: Place
beforeEach(async () => {
  place = await Place.make()
})
afterEach(() => place.remove())

const secret = 'not-for-anybodys-eyes'

async function done(...args: string[]): Promise<string> {
  const { code, out, err } = await place.start(args).ended
  expect({ args, code, err }).toEqual({ args, code: 0, err: '' })
  return out
}

async function runWith(filter: object | undefined, ...lines: string[]): Promise<void> {
  place.configure({ siem: place.webhook({ secret, ...(filter && { filter }) }), all: place.webhook() })
  place.append(...lines)
  expect((await place.start(['run', '--once']).ended).code).toBe(0)
}

interface Traced {
  readonly events: readonly { readonly destinations: readonly Record<string, unknown>[] }[]
}

async function traced(id: string): Promise<Record<string, unknown>> {
  const { events } = JSON.parse(await done('trace', id, '--json')) as Traced
  return events[0]?.destinations.find(({ name }) => name === 'siem') as Record<string, unknown>
}

it('shows the filter that decided, and that it is another one now', async () => {
  await runWith({ outcome: 'failure' }, event(0), event(1, 'failure'))
  expect(await done('trace', 'e-0')).not.toContain('changed since')
  await runWith({ outcome: 'success' }, event(2), event(3, 'failure'))
  await runWith(undefined, event(4))

  const text = await done('trace', 'e-0')
  expect(text).toContain('the filter: {"outcome":"failure"}')
  expect(text).toContain('changed since: it has none now')
  expect(await traced('e-0')).toMatchObject({ fate: 'filtered', filter: null, filter_then: { outcome: 'failure' } })
  expect(await traced('e-3')).toMatchObject({ fate: 'filtered', filter: null, filter_then: { outcome: 'success' } })
  expect(await traced('e-1')).toMatchObject({ fate: 'delivered', filter_then: { outcome: 'failure' } })
  expect(await traced('e-4')).toMatchObject({ fate: 'delivered', filter: null, filter_then: null })
  expect(text + (await done('trace', 'e-0', '--json', '--event'))).not.toContain(secret)
  await done('check')
})
