// Events as they come out of a queue, whose fields are read from their page when they are asked for.
import { expect, it } from 'vitest'
import { type BatchEvent } from '../../../../src/model/batch.ts'
import { encodeBulk } from '../../../../src/destinations/bulk-encode.ts'
import { elastic } from '../../../../src/destinations/elastic/index.ts'
import { batchNamed } from '../../../fakes/batches.ts'

/** Like a queued event, it has nothing of its own that could be copied. */
function lazy(event: BatchEvent): BatchEvent {
  const fields = Object.keys(event) as (keyof BatchEvent)[]
  const getters = Object.fromEntries(fields.map((field) => [field, { get: () => event[field] }]))
  return Object.create(Object.defineProperties({}, getters)) as BatchEvent
}

it('are encoded like any others', async () => {
  const batch = batchNamed('a', 3)
  const options = elastic.options.parse({ url: 'https://siem.example', index: 'audit-%Y' })
  const [queued, plain] = await Promise.all([
    encodeBulk({ ...batch, events: batch.events.map(lazy) }, options, 0),
    encodeBulk(batch, options, 0),
  ])
  expect(queued).toEqual(plain)
  expect(Buffer.from(plain.body ?? '').toString()).toContain('"_index":"audit-2026","_id":"app:')
})

it('every time is that of its event, to the millisecond', async () => {
  const times = [0, 999, 1000, 1, -1, 1779004800123.9, 1779004800999.99, Date.parse('0001-01-01T00:00:00.007Z')]
  const batch = batchNamed('a', times.length)
  const events = batch.events.map((event, index) => ({ ...event, timeMs: times[index] as number }))
  const { body } = await encodeBulk(
    { ...batch, events },
    elastic.options.parse({ url: 'https://siem.example', index: 'a' }),
    0,
  )
  const stamped = [
    ...Buffer.from(body ?? '')
      .toString()
      .matchAll(/"@timestamp":"([^"]+)"/g),
  ].map(([, time]) => time)
  expect(stamped).toEqual(times.map((time) => new Date(time).toISOString()))
})
