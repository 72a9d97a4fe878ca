// Finding a key of an event's own object on its bytes.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TopLevelKey } from '../../../src/destinations/top-level-key.ts'
import { batchOf } from '../../fakes/batches.ts'

const key = '@timestamp'
const names = fc.constantFrom(key, '@timestamp ', 'timestamp', 'a', '"@timestamp"', '\\', 'é')
const values = fc.letrec((tie) => ({
  value: fc.oneof(names, fc.integer(), fc.constant(null), tie('object'), fc.array(tie('value'), { maxLength: 3 })),
  object: fc.dictionary(names, tie('value'), { maxKeys: 4 }),
}))

/** The same JSON, with any character of any string as an escape. */
function escaped(json: string, mask: number): string {
  let index = 0
  return json.replace(/[a-z@é]/g, (character) =>
    json.includes('null') || ((mask >> (index++ % 31)) & 1) === 0
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

it('is what parsing says, in any spelling and between any neighbours', () => {
  fc.assert(
    fc.property(values.object, fc.integer(), fc.constantFrom(undefined, 1), (object, mask, indent) => {
      const text = escaped(JSON.stringify({ ...(object as object), z: 1 }, null, indent), mask)
      const events = batchOf(['{"@timestamp":1}', text, '{"@timestamp":1}']).events
      const own = Object.hasOwn(JSON.parse(text) as object, key)
      expect(new TopLevelKey(key).among(events)).toEqual([true, own, true])
      // Events that were set aside come in any order, and from several pages.
      const apart = batchOf(['{"b":2}']).events
      expect(new TopLevelKey(key).among([...events, ...apart, ...events].reverse())).toEqual([
        true,
        own,
        true,
        false,
        true,
        own,
        true,
      ])
      expect(new TopLevelKey(key).among([events[1], ...apart] as typeof events)).toEqual([own, false])
    }),
    { numRuns: 500 },
  )
})
