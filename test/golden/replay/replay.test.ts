// What `replay` says before it sends: reviewed text, narrow, wide and without a terminal.
import { expect, test } from 'vitest'
import { paintFor } from '../../../src/cli/paint.ts'
import { planLines, type ReplayPlan } from '../../../src/cli/replay-plan.ts'
import { againSentence } from '../../../src/cli/dlq/counts.ts'
import { textWidth } from '../../../src/cli/text-width.ts'
import { NOW } from '../../unit/cli/fake-world.ts'

const day = 86_400_000
const plan: ReplayPlan = {
  destination: 'splunk-security',
  period: { from: NOW - 2 * day, to: NOW },
  rate: '100/s',
  kept: { events: 1_234_567, pages: 1300, keptSince: null },
  aside: { waiting: 0, retrying: 0, dead: 0 },
  doubts: [],
  beside: true,
}
const plans: readonly ReplayPlan[] = [
  plan,
  {
    ...plan,
    destination: 'siem\u001b[31m',
    rate: undefined,
    kept: { ...plan.kept, events: 1, keptSince: NOW - day },
    aside: { waiting: 1200, retrying: 3, dead: 1 },
    doubts: ['siem takes nothing at the moment (http_503): its events wait until it does'],
  },
  { ...plan, rate: undefined, kept: { events: 0, pages: 0, keptSince: NOW - day } },
]
const counts = { chosen: 1000, taken: 990, skipped: 10, delivered: 980, dead: 5, dropped: 2 }

test.each([80, 140, undefined])('at %s columns', async (width) => {
  const paint = paintFor({ colour: 0 })
  const lines = plans.flatMap((one) => [...planLines(one, { paint, width: width ?? Infinity }), ''])
  for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width ?? Infinity)
  const text = [...lines, againSentence(counts), ''].join('\n')
  await expect(text).toMatchFileSnapshot(`replay-${width ?? 'unlimited'}.txt`)
})
