// What kinds say of their receivers as data is what they do: to the byte, to the millisecond.
import { describe, expect, it, onTestFinished } from 'vitest'
import { datadog } from '../../../src/destinations/datadog/index.ts'
import type { DestinationKind } from '../../../src/destinations/destination.ts'
import { elastic } from '../../../src/destinations/elastic/index.ts'
import { opensearch } from '../../../src/destinations/opensearch/index.ts'
import type { Profile } from '../../../src/destinations/profile.ts'
import { sentinel } from '../../../src/destinations/sentinel/index.ts'
import { splunkHec } from '../../../src/destinations/splunk-hec/index.ts'
import type { Batch } from '../../../src/model/batch.ts'
import type { Verdict } from '../../../src/model/verdict.ts'
import { FakeAzure } from '../../fakes/azure-ingestion.ts'
import { batchOf, eventText } from '../../fakes/batches.ts'
import { FakeDatadog } from '../../fakes/datadog.ts'
import { destinationTools } from '../../fakes/destination-tools.ts'

const key = 'canary-s3cret-0123456789'
const { signal } = new AbortController()

function profileOf<Options>(kind: DestinationKind<Options>, written: object): Profile {
  const profile = kind.profile?.(kind.options.parse(written))
  if (!profile) throw new Error(`${kind.type} states nothing`)
  return profile
}

interface Trial {
  readonly profile: Profile
  /** The verdict on one event that is so old (or, below zero, lies so far ahead), or so long. */
  readonly of: (ageMs: number, data?: string) => Promise<Verdict>
}

async function trialOf<Options>(kind: DestinationKind<Options>, written: object): Promise<Trial> {
  const tools = destinationTools()
  const destination = kind.open(kind.options.parse(written), tools)
  onTestFinished(() => destination.close())
  return {
    profile: profileOf(kind, written),
    of: async (ageMs, data = '') => {
      const batch = batchOf([eventText('a', data)])
      const events = batch.events.map((event) => ({ ...event, timeMs: tools.clock.now() - ageMs }))
      const outcome = await destination.send({ ...batch, events } satisfies Batch, signal)
      if (!('verdicts' in outcome)) throw new Error('confirms later')
      return outcome.verdicts[0] as Verdict
    },
  }
}

const TRIALS = {
  async datadog(change: object): Promise<Trial> {
    const intake = await FakeDatadog.start(key)
    onTestFinished(() => intake.close())
    return trialOf(datadog, { url: intake.url, api_key: key, ...change })
  },
  async sentinel(change: object): Promise<Trial> {
    const azure = await FakeAzure.start(key)
    onTestFinished(() => azure.close())
    return trialOf(sentinel, azure.options(change))
  },
}

const fateOf = (verdict: Verdict): string =>
  verdict.kind === 'delivered' ? (verdict.remark?.code ?? 'as it is') : verdict.reason.code

describe.each(['datadog', 'sentinel'] as const)('%s', (name) => {
  it.each(['send', 'dead_letter'])('keeps to the age that it states, with old_events: %s', async (old_events) => {
    const { profile, of } = await TRIALS[name]({ old_events })
    const { past } = profile
    if (!past) throw new Error('no age')
    const last = past.ms - past.marginMs
    expect(fateOf(await of(last))).toBe('as it is')
    expect(fateOf(await of(last + 1))).toBe(past.fate === 'redated' ? 'redated' : 'too_old')
    expect(past.fate).toBe(old_events === 'send' ? 'redated' : 'not_sent')
  })

  it('takes no larger requests than it states', async () => {
    const { profile } = await TRIALS[name]({})
    const { maxBytes } = profile.request ?? {}
    await expect(TRIALS[name]({ max_bytes: `${Number(maxBytes) + 1}B` })).rejects.toThrow()
    await TRIALS[name]({ max_bytes: `${maxBytes}B` })
  })
})

it('datadog keeps to the time ahead that it states', async () => {
  const { profile, of } = await TRIALS.datadog({})
  const { ms, marginMs, fate } = profile.ahead ?? { ms: 0, marginMs: 0, fate: '' }
  expect(fateOf(await of(marginMs - ms))).toBe('as it is')
  expect(fateOf(await of(marginMs - ms - 1))).toBe(fate)
})

it('datadog keeps to the largest event that it states, sentinel to the largest member', async () => {
  const one = await TRIALS.datadog({})
  const bytes = one.profile.largestEvent?.bytes ?? 0
  expect(fateOf(await one.of(0, 'x'.repeat(bytes - 2_000)))).toBe('as it is')
  expect(fateOf(await one.of(0, 'x'.repeat(bytes)))).toBe('too_large')
  const other = await TRIALS.sentinel({})
  const { bytes: member = 0, fate } = other.profile.largestMember ?? {}
  expect(fateOf(await other.of(0, 'x'.repeat(member - 2)))).toBe('as it is')
  expect(fateOf(await other.of(0, 'x'.repeat(member - 1)))).toBe('long_value')
  expect(fate).toBe('not_sent')
  expect(profileOf(sentinel, { ...sentinelOptions, long_values: 'send' }).largestMember?.fate).toBe('cut')
})

const sentinelOptions = {
  url: 'https://a.example',
  rule: `dcr-${'0'.repeat(32)}`,
  stream: 'Custom-A_CL',
  auth: { tenant_id: 't', client_id: 'c', client_secret: key },
}

describe('a cluster', () => {
  const url = 'https://a.example'
  const aws = { region: 'eu-central-1', access_key_id: 'AKIDEXAMPLE', secret_access_key: key }
  const mib = 1024 ** 2

  it('takes 100 MiB, a serverless one of AWS 10 MiB', () => {
    expect(profileOf(elastic, { url, index: 'audit' }).request?.maxBytes).toBe(100 * mib)
    expect(profileOf(opensearch, { url, index: 'audit' }).request?.maxBytes).toBe(100 * mib)
    expect(profileOf(opensearch, { url, index: 'audit', aws }).request?.maxBytes).toBe(100 * mib)
    const serverless = { url, index: 'audit', aws: { ...aws, service: 'aoss' } }
    expect(profileOf(opensearch, serverless).request?.maxBytes).toBe(10 * mib)
  })

  it('needs a clock that is right only where requests are signed', () => {
    expect(profileOf(opensearch, { url, index: 'audit' }).clockMs).toBeUndefined()
    expect(profileOf(opensearch, { url, index: 'audit', aws }).clockMs).toBe(300_000)
  })
})

it('splunk_hec confirms later only with ack', () => {
  const options = { url: 'https://a.example', token: key }
  expect(profileOf(splunkHec, options).confirmations).toBeUndefined()
  const { confirmations } = profileOf(splunkHec, { ...options, ack: true, ack_timeout: '2m' })
  expect(confirmations?.timeoutMs).toBe(120_000)
  expect(confirmations?.usualMs).toBeLessThan(120_000)
})
