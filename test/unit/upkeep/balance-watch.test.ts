import { expect, it } from 'vitest'
import type { Overview } from '../../../src/store/store.ts'
import { BalanceWatch } from '../../../src/upkeep/balance-watch.ts'

const overview = (delivered: number): Overview => {
  const counts = { offered: 5, filtered: 1, routed: 4, delivered, waiting: 1, retrying: 0, dead: 0, dropped: 0 }
  return { sources: [], destinations: [{ name: 'siem', ...counts }] } as unknown as Overview
}

it('tells of an imbalance once, again when it changes, and not of a balance', () => {
  const said: unknown[] = []
  const watch = new BalanceWatch({ emit: (event) => void said.push(event) })
  for (const delivered of [3, 2, 2, 1, 3, 2]) watch.look(overview(delivered))
  expect(said).toHaveLength(3)
  expect(said[0]).toMatchObject({
    type: 'imbalance',
    destination: 'siem',
    text: expect.stringContaining('4 routed') as string,
  })
})
