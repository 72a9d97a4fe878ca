// Whatever happens to a collector and to its answers: what counts as delivered is on its disk.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { POLL_MS } from '../../../../src/destinations/splunk-hec/acknowledgements.ts'
import { splunkHec } from '../../../../src/destinations/splunk-hec/index.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { batchNamed } from '../../../fakes/batches.ts'
import { destinationTools } from '../../../fakes/destination-tools.ts'
import { FakeSplunk } from '../../../fakes/splunk.ts'

const token = '12345678-90ab-cdef-1234-567890abcdef'
const STEPS = ['send', 'send', 'lost answer', 'ask', 'lost acknowledgement', 'index', 'restart'] as const
type Step = (typeof STEPS)[number]
const { signal } = new AbortController()

async function told(steps: readonly Step[]): Promise<{ delivered: string[]; stored: Set<unknown>; sent: number }> {
  const splunk = await FakeSplunk.start(token, { ack: true })
  const tools = destinationTools()
  const options = splunkHec.options.parse({ url: splunk.url, token, ack: true, ack_timeout: '30s', gzip: false })
  const destination = splunkHec.open(options, tools)
  const delivered: string[] = []
  const all: Promise<unknown>[] = []
  const send = async (name: string): Promise<void> => {
    const outcome = await destination.send(batchNamed(name, 1), signal)
    const verdicts = 'verdicts' in outcome ? Promise.resolve(outcome.verdicts) : outcome.confirmation
    const note = ([verdict]: readonly Verdict[]): void => {
      if (verdict?.kind === 'delivered') delivered.push(`${name}-0`)
    }
    all.push(verdicts.then(note))
  }
  const ask = async (): Promise<void> => {
    const asked = splunk.requests('ack').length
    await tools.clock.advance(POLL_MS)
    // It may have nothing to ask about; whether the answer is heard now or in the next round makes no difference to what may be believed.
    for (let turn = 0; turn < 50 && tools.clock.pending === 0 && splunk.requests('ack').length === asked; turn++)
      await tools.clock.settle()
    await tools.clock.settle()
  }
  const cut = (answer: object): object => ({ ...answer, cutAt: 0 })
  const act: Readonly<Record<Step, (name: string) => Promise<void> | void>> = {
    send,
    'lost answer': async (name) => {
      splunk.after = cut
      await send(name)
      splunk.after = undefined
    },
    ask,
    'lost acknowledgement': async () => {
      splunk.afterAsking = cut
      await ask()
      splunk.afterAsking = undefined
    },
    index: () => splunk.index(),
    restart: () => splunk.restart(),
  }
  for (const [index, step] of steps.entries()) await act[step](`n${index}`)
  for (let round = 0; round < 8; round++) await ask()
  await destination.close()
  await Promise.all(all)
  splunk.restart()
  await splunk.close()
  return { delivered, stored: new Set(splunk.stored.map(({ fields }) => fields?.['event_id'])), sent: all.length }
}

it.each<[string, Step[]]>([
  ['restarted, and another answer was lost', ['send', 'restart', 'lost answer', 'index', 'ask']],
  ['restarted between', ['send', 'restart', 'send', 'index', 'ask']],
  ['restarted twice', ['send', 'send', 'restart', 'lost answer', 'restart', 'lost answer', 'send', 'index', 'ask']],
])('row 50: a collector that was %s confirms nothing that it has not', async (_name, steps) => {
  const { delivered, stored } = await told(steps)
  expect(delivered.filter((id) => !stored.has(id))).toEqual([])
})

it('row 50: undisturbed, everything is confirmed', async () => {
  const { delivered, sent } = await told(['send', 'send', 'ask', 'index', 'ask', 'send', 'index', 'ask'])
  expect([delivered.length, sent]).toEqual([3, 3])
})

it('row 50, 54: in any order of sending, losing, indexing, asking and restarting', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { maxLength: 16 }), async (steps) => {
      const { delivered, stored } = await told(steps)
      expect(delivered.filter((id) => !stored.has(id))).toEqual([])
    }),
    { numRuns: 60 },
  )
})
