// What is remembered of types must not keep the events that they were cut from.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { byType } from '../../../src/formats/event-type.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

function heapUsed(): number {
  gc()
  return process.memoryUsage().heapUsed
}

it('a type that was cut from an event is found again, and the event is let go', () => {
  const [events, size] = [200, 256 * 1024]
  let asked = 0
  const find = byType((words) => ({ words, nth: asked++ }))
  const typeOf = (index: number): string => {
    const text = Buffer.alloc(size, `"user.signed_in_${index}" `).toString('latin1')
    return text.slice(1, text.indexOf('"', 1))
  }
  const before = heapUsed()
  const found = Array.from({ length: events }, (_, index) => find(typeOf(index)).nth)
  expect(heapUsed() - before).toBeLessThan((events * size) / 4)
  expect(found.map((_, index) => find(typeOf(index)).nth)).toEqual(found)
  expect(asked).toBe(events)
})
