// A test event that was taken otherwise than asked for: the person who tests is told.
import { afterEach, expect, it } from 'vitest'
import type { DestinationConfig } from '../../../src/config/config.ts'
import { testOne } from '../../../src/cli/test-destination/test-one.ts'
import { elastic } from '../../../src/destinations/elastic/index.ts'
import type { DestinationKind } from '../../../src/destinations/destination.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { systemRandom } from '../../../src/runtime/random.ts'
import { type BulkStage, bulkStage, NAME } from '../../fakes/bulk-stage.ts'

let stage: BulkStage | undefined
afterEach(() => stage?.close())

it('says that the failure store has it', async () => {
  stage = await bulkStage({}, { failureStores: [NAME] })
  stage.cluster.fault = () => ({ status: 400, type: 'document_parsing_exception', reason: 'why' })
  const kind = elastic as unknown as DestinationKind
  const options = elastic.options.parse({ url: stage.receiver.url, index: NAME })
  const config: Partial<DestinationConfig> = {
    name: 'siem',
    type: 'elastic',
    enabled: true,
    kind,
    options: () => options,
    secrets: () => [],
    timeoutMs: 5000,
  }
  const facts = await testOne(config as DestinationConfig, { clock: systemClock, random: systemRandom })
  expect(facts.verdict.kind).toBe('delivered')
  expect(facts.notes).toEqual([
    'It was taken, but the receiver keeps it in its failure store, where searches do not look.',
  ])
  expect(stage.cluster.failures(NAME)).toHaveLength(1)
})
