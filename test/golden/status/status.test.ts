// What `status` looks like: reviewed text for a relay that is well and one that is not, narrow, wide and without a terminal.
import { expect, test } from 'vitest'
import { paintFor } from '../../../src/cli/paint.ts'
import { statusJson } from '../../../src/cli/status/json.ts'
import { statusLines } from '../../../src/cli/status/render.ts'
import { textWidth } from '../../../src/cli/text-width.ts'
import { NOW } from '../../unit/cli/fake-world.ts'
import { troubled, well } from '../../unit/cli/overviews.ts'

const expected = { maxLagMs: 15 * 60_000, scheduled: false, maxBytes: 10 * 2 ** 30 }
const facts = { state: '/var/lib/audit-relay/audit-relay.db', expected, now: NOW }
const cases = [
  ['well', well],
  ['troubled', troubled],
] as const

for (const [name, overview] of cases) {
  for (const width of [80, 140, undefined]) {
    test(`${name} relay on ${width ?? 'unlimited'} columns`, async () => {
      const lines = statusLines({ ...facts, overview, width, paint: paintFor({ colour: 0 }) })
      await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`${name}-${width ?? 'unlimited'}.txt`)
      if (width) expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(width)
    })
  }
  test(`${name} relay as JSON`, async () => {
    const text = JSON.stringify(statusJson({ ...facts, overview }), null, 2)
    await expect(`${text}\n`).toMatchFileSnapshot(`${name}.json`)
  })
}

test('a balance that does not hold is red, one that holds is not', () => {
  const lines = statusLines({ ...facts, overview: troubled, width: undefined, paint: paintFor({ colour: 1 }) })
  const red = lines.filter((line) => line.includes('\u001b[31marchive') || line.includes('DOES NOT BALANCE'))
  expect(red).toHaveLength(2)
  const good = statusLines({ ...facts, overview: well, width: undefined, paint: paintFor({ colour: 1 }) }).join('\n')
  expect(good).not.toContain('\u001b[31m')
})
