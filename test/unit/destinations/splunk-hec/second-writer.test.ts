// The collector of these tests also serves Splunk's own logging library, which was not written for it: what it takes and refuses is
// therefore not only what the relay happens to send.
import library from 'splunk-logging'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeSplunk } from '../../../fakes/splunk.ts'

const token = '12345678-90ab-cdef-1234-567890abcdef'
let splunk: FakeSplunk

beforeEach(async () => {
  splunk = await FakeSplunk.start(token, { indexes: ['main'] })
})

afterEach(() => splunk.close())

function logger(change: { token?: string } = {}) {
  const made = new library.Logger({ token, url: splunk.url, batchInterval: 0, maxBatchCount: 0, ...change })
  const errors: (Error & { code?: number })[] = []
  made.error = (error) => errors.push(error)
  return { made, errors }
}

const flushed = (made: InstanceType<typeof library.Logger>): Promise<unknown> =>
  new Promise((resolve) => made.flush((_error, _response, body) => resolve(body)))

it('a batch of the library is taken, one object after the other', async () => {
  const { made, errors } = logger()
  for (const number of [1, 2, 3])
    made.send({ message: { number, text: 'a } "quoted" {' }, metadata: { source: 'library', index: 'main' } })
  expect(await flushed(made)).toEqual({ text: 'Success', code: 0 })
  expect(errors).toEqual([])
  expect(splunk.stored).toMatchObject(
    [1, 2, 3].map((number) => ({ source: 'library', index: 'main', event: { message: { number } } })),
  )
  expect(splunk.receiver.requests[0]?.path).toBe('/services/collector/event/1.0')
})

it.each([
  ['another token', { token: 'another-token' }, 'main', 4],
  ['a forbidden index', {}, 'secret', 7],
])('%s is refused, and the library says so', async (_name, change, index, code) => {
  const { made, errors } = logger(change)
  made.send({ message: 'x', metadata: { index } })
  await flushed(made)
  expect(errors.map((error) => error.code)).toEqual([code])
  expect(splunk.stored).toEqual([])
})

it('what the library writes before a refused event stays', async () => {
  const { made, errors } = logger()
  made.eventFormatter = (message) => message
  made.send({ message: 'first' })
  made.send({ message: '', metadata: { index: 'secret' } })
  made.send({ message: 'third' })
  expect(await flushed(made)).toMatchObject({ code: 7, 'invalid-event-number': 1 })
  expect(errors).toHaveLength(1)
  expect(splunk.stored.map(({ event }) => event)).toEqual(['first'])
})
