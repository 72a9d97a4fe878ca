// Acknowledgements: nothing counts as delivered before the indexers have it, and nothing is believed that may mean something else.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Destination, Tools } from '../../../../src/destinations/destination.ts'
import { POLL_MS } from '../../../../src/destinations/splunk-hec/acknowledgements.ts'
import { splunkHec } from '../../../../src/destinations/splunk-hec/index.ts'
import type { Batch } from '../../../../src/model/batch.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { batchNamed, batchOf, eventText } from '../../../fakes/batches.ts'
import { destinationTools } from '../../../fakes/destination-tools.ts'
import { FakeSplunk, said } from '../../../fakes/splunk.ts'
import type { TestClock } from '../../../fakes/test-clock.ts'

const token = '12345678-90ab-cdef-1234-567890abcdef'
const ackTimeoutMs = 300_000
const { signal } = new AbortController()
let splunk: FakeSplunk
let tools: Tools & { readonly clock: TestClock }
let destination: Destination

beforeEach(async () => {
  splunk = await FakeSplunk.start(token, { ack: true })
  tools = destinationTools()
  destination = splunkHec.open(splunkHec.options.parse({ url: splunk.url, token, ack: true }), tools)
})

afterEach(async () => {
  await destination.close()
  await splunk.close()
})

/** Sends, and gives what is known once the request was answered. */
async function sent(batch: Batch, until = signal): Promise<Confirmation> {
  const outcome = await destination.send(batch, until)
  const verdicts = 'verdicts' in outcome ? Promise.resolve(outcome.verdicts) : outcome.confirmation
  const confirmation: Confirmation = { verdicts, known: 'verdicts' in outcome }
  verdicts.then(
    () => (confirmation.known = true),
    () => (confirmation.known = true),
  )
  return confirmation
}

interface Confirmation {
  readonly verdicts: Promise<readonly Verdict[]>
  known: boolean
}

const kindsOf = async ({ verdicts }: Confirmation): Promise<string> =>
  (await verdicts).map(({ kind }) => kind).join(' ')
const codesOf = async ({ verdicts }: Confirmation): Promise<string> =>
  (await verdicts).map((verdict) => ('reason' in verdict ? verdict.reason.code : verdict.kind)).join(' ')

/** One round of asking, to the end. */
async function round(): Promise<void> {
  await tools.clock.advance(POLL_MS)
  await quiet()
}

/** Nothing is left but to sleep until the next round, or nothing at all. */
async function quiet(): Promise<void> {
  const asked = splunk.requests('ack').length
  await tools.clock.settle()
  while (tools.clock.pending === 0 && splunk.requests('ack').length === asked) await tools.clock.settle()
}

const channelsOf = (path: string): string[] => [
  ...new Set(splunk.requests(path).map(({ headers }) => headers['x-splunk-request-channel'] ?? '')),
]

describe('row 50: taken is not stored', () => {
  it('is delivered when the indexers have it, not before', async () => {
    const confirmation = await sent(batchNamed('a', 2))
    expect(splunk.stored).toHaveLength(2)
    await round()
    await round()
    expect(confirmation.known).toBe(false)
    splunk.index()
    await tools.clock.advance(POLL_MS)
    expect(await kindsOf(confirmation)).toBe('delivered delivered')
    // Whether there are acknowledgements was asked apart.
    expect(channelsOf('ack').slice(1)).toEqual(channelsOf('event'))
    expect(channelsOf('event')[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('asks once for all that is outstanding, and no more when nothing is', async () => {
    const confirmations = [
      await sent(batchNamed('a', 1)),
      await sent(batchNamed('b', 1)),
      await sent(batchNamed('c', 1)),
    ]
    const before = splunk.requests('ack').length
    await round()
    const [asked, ...others] = splunk.requests('ack').slice(before)
    expect(JSON.parse(asked?.body.toString() ?? '')).toEqual({ acks: [0, 1, 2] })
    expect(others).toEqual([])
    splunk.index()
    await tools.clock.advance(POLL_MS)
    for (const confirmation of confirmations) expect(await kindsOf(confirmation)).toBe('delivered')
    await tools.clock.settle()
    expect(tools.clock.pending).toBe(0)
  })

  it('never: what is not acknowledged in time is sent again', async () => {
    const confirmation = await sent(batchNamed('a', 2))
    for (let ms = POLL_MS; ms < ackTimeoutMs; ms += POLL_MS) await round()
    expect(confirmation.known).toBe(false)
    await tools.clock.advance(POLL_MS)
    expect(await codesOf(confirmation)).toBe('ack_timeout ack_timeout')
    const [verdict] = await confirmation.verdicts
    expect(verdict).toMatchObject({
      kind: 'retry',
      reason: { text: expect.stringContaining('within 300 s') as string },
    })
    splunk.index()
    const again = await sent(batchNamed('a', 2))
    splunk.index()
    await tools.clock.advance(POLL_MS)
    expect(await kindsOf(again)).toBe('delivered delivered')
  })

  it('late: an answer that fails is asked for again', async () => {
    const confirmation = await sent(batchNamed('a', 1))
    splunk.instead = () => said(503, 'Server is busy', 9)
    await round()
    splunk.instead = () => ({ status: 502, body: '<html></html>' })
    await round()
    splunk.instead = () => ({ cutAt: 0 })
    await round()
    expect(confirmation.known).toBe(false)
    splunk.instead = undefined
    splunk.index()
    await tools.clock.advance(POLL_MS)
    expect(await kindsOf(confirmation)).toBe('delivered')
  })

  it('the answer that said true is lost: forgotten there, so that it is sent again', async () => {
    const confirmation = await sent(batchNamed('a', 1))
    splunk.index()
    let cut = true
    splunk.instead = ({ path }) => {
      if (!cut || !path.includes('/ack')) return undefined
      splunk.restart()
      cut = false
      return { body: '{"acks":{"0":tr', cutAt: 200 }
    }
    await round()
    for (let ms = POLL_MS; ms < ackTimeoutMs; ms += POLL_MS) {
      expect(confirmation.known).toBe(false)
      await tools.clock.advance(POLL_MS)
      if (ms + POLL_MS < ackTimeoutMs) await quiet()
    }
    expect(await codesOf(confirmation)).toBe('ack_timeout')
  })

  it('a true for a number that was never asked about, and a nonsense answer, confirm nothing', async () => {
    const confirmation = await sent(batchNamed('a', 1))
    for (const body of [
      '{"acks":{"7":true}}',
      '{"acks":{"0":"true"}}',
      '{"acks":[true]}x',
      '{"acks":null}',
      '[]',
      '',
    ]) {
      splunk.instead = () => ({ body })
      await round()
      expect(confirmation.known).toBe(false)
    }
  })
})

describe('row 50: a collector that was restarted', () => {
  it.each([
    ['cut', { cutAt: 5 }],
    ['given by a balancer', { status: 502, body: '<html></html>' }],
  ])('a new request never shares a channel with one from before an answer that was %s', async (_name, broken) => {
    const before = await sent(batchNamed('a', 1))
    splunk.restart()
    splunk.after = (answer) => ({ ...answer, ...broken })
    expect(await kindsOf(await sent(batchNamed('b', 1)))).toBe('retry')
    splunk.after = undefined
    const after = await sent(batchNamed('c', 1))
    expect(channelsOf('event')).toHaveLength(2)
    splunk.index()
    await tools.clock.advance(POLL_MS)
    expect(await kindsOf(after)).toBe('delivered')
    expect(await codesOf(before)).toBe('ack_doubtful')
  })

  it.each([
    ['was cut', { cutAt: 0 }],
    ['came from a balancer', { status: 502, body: '<html></html>' }],
  ])('nor with one from before a question whose answer %s', async (_name, answer) => {
    await sent(batchNamed('a', 1))
    splunk.instead = () => answer
    await round()
    splunk.instead = undefined
    const confirmation = await sent(batchNamed('b', 1))
    expect(channelsOf('event')).toHaveLength(2)
    splunk.index()
    await tools.clock.advance(POLL_MS)
    expect(await kindsOf(confirmation)).toBe('delivered')
  })

  it('a lost answer costs only the requests whose numbers it might have had', async () => {
    const first = await sent(batchNamed('a', 1))
    const second = await sent(batchNamed('b', 1))
    splunk.after = (answer) => ({ ...answer, cutAt: 5 })
    await sent(batchNamed('c', 1))
    splunk.index()
    await tools.clock.advance(POLL_MS)
    expect(await codesOf(first)).toBe('ack_doubtful')
    expect(await codesOf(second)).toBe('delivered')
  })

  it.each(['cut', 'late'])('a true that may be about a request under way waits for its answer (%s)', async (how) => {
    const before = await sent(batchNamed('a', 1))
    if (how === 'cut') splunk.restart()
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    splunk.after = (answer) => ({ ...answer, after: held, ...(how === 'cut' ? { cutAt: 5 } : {}) })
    const arrived = splunk.receiver.received(splunk.receiver.requests.length + 1)
    const under = destination.send(batchNamed('b', 1), signal)
    await arrived
    splunk.after = undefined
    splunk.index()
    await tools.clock.advance(POLL_MS)
    await Promise.race([quiet(), before.verdicts])
    const { known } = before
    release()
    await under
    expect(known).toBe(false)
    expect(await codesOf(before)).toBe(how === 'cut' ? 'ack_doubtful' : 'delivered')
  })

  it('a number that is heard after an answer was lost, and might have been its number, confirms nothing', async () => {
    const { promise: failed, resolve: fail } = Promise.withResolvers<void>()
    let first = true
    splunk.instead = ({ path }) => {
      if (!path.includes('/event') || !first) return undefined
      first = false
      return { cutAt: 0 }
    }
    splunk.after = (answer) => ({ ...answer, after: failed })
    const one = destination.send(batchNamed('a', 1), signal).finally(fail)
    const other = sent(batchNamed('b', 1))
    expect(await one).toMatchObject({ verdicts: [{ kind: 'retry' }] })
    expect(await codesOf(await other)).toBe('ack_doubtful')
  })

  it('a number that comes twice confirms neither request, and both are sent again in another channel', async () => {
    const first = await sent(batchNamed('a', 1))
    splunk.restart()
    const second = await sent(batchNamed('b', 1))
    expect(await codesOf(first)).toBe('ack_repeated')
    expect(await codesOf(second)).toBe('ack_repeated')
    const again = await sent(batchNamed('a', 1))
    expect(channelsOf('event')).toHaveLength(2)
    splunk.index()
    await tools.clock.advance(POLL_MS)
    expect(await kindsOf(again)).toBe('delivered')
  })

  it.each([10, 11])('a channel that it does not know any more (code %d): sent again at once', async (code) => {
    const confirmation = await sent(batchNamed('a', 1))
    splunk.instead = () => said(400, 'Invalid data channel', code)
    await tools.clock.advance(POLL_MS)
    expect(await codesOf(confirmation)).toBe('ack_channel')
  })
})

describe('a token without acknowledgements', () => {
  it('halts before anything is sent', async () => {
    splunk.tokens.set(token, {})
    expect(await codesOf(await sent(batchNamed('a', 2)))).toBe('hec_14 hec_14')
    expect(splunk.requests('event')).toEqual([])
    splunk.tokens.set(token, { ack: true })
    const confirmation = await sent(batchNamed('a', 2))
    splunk.index()
    await tools.clock.advance(POLL_MS)
    expect(await kindsOf(confirmation)).toBe('delivered delivered')
  })

  it('that lost them meanwhile halts what is outstanding', async () => {
    const confirmation = await sent(batchNamed('a', 1))
    splunk.tokens.set(token, {})
    await tools.clock.advance(POLL_MS)
    expect(await codesOf(confirmation)).toBe('hec_14')
    expect(await kindsOf(confirmation)).toBe('halt')
  })

  it('an answer without a number halts; the next request is not sent before the question', async () => {
    await sent(batchNamed('a', 1))
    splunk.after = () => said(200, 'Success', 0)
    expect(await codesOf(await sent(batchNamed('b', 1)))).toBe('ack_missing')
    splunk.tokens.set(token, {})
    const stored = splunk.stored.length
    expect(await codesOf(await sent(batchNamed('b', 1)))).toBe('hec_14')
    expect(splunk.stored).toHaveLength(stored)
  })
})

it('the question whether there are acknowledgements takes none away', async () => {
  const first = await sent(batchNamed('a', 1))
  splunk.after = () => said(200, 'Success', 0)
  await sent(batchNamed('b', 1))
  splunk.after = undefined
  splunk.index()
  const second = await sent(batchNamed('c', 1))
  splunk.index()
  await tools.clock.advance(POLL_MS)
  expect(await codesOf(first)).toBe('delivered')
  expect(await codesOf(second)).toBe('delivered')
})

describe('row 49: one event that is refused', () => {
  it('is dead, and the ones before it are sent again: nobody acknowledges a refused request', async () => {
    const batch = { ...batchOf([eventText('e0'), '{bad}', eventText('e2')]), complete: true }
    const verdicts = await (await sent(batch)).verdicts
    expect(verdicts).toMatchObject([
      { kind: 'retry', untried: true, reason: { code: 'ack_none' } },
      { kind: 'reject', reason: { code: 'hec_6' } },
      { kind: 'retry', untried: true },
    ])
  })

  it('with a number beside the refusal the ones before it wait for it', async () => {
    await sent(batchNamed('x', 1))
    splunk.instead = ({ path }) =>
      path.includes('/event') ? said(400, 'Invalid data format', 6, { 'invalid-event-number': 1, ackId: 1 }) : undefined
    const confirmation = await sent(batchNamed('a', 3))
    splunk.instead = () => ({ body: '{"acks":{"0":false,"1":true}}' })
    await tools.clock.advance(POLL_MS)
    expect(await kindsOf(confirmation)).toBe('delivered reject retry')
  })

  it('stays refused when the number is lost', async () => {
    await sent(batchNamed('x', 1))
    splunk.instead = () => said(400, 'Invalid data format', 6, { 'invalid-event-number': 1, ackId: 1 })
    const confirmation = await sent(batchNamed('a', 3))
    splunk.instead = () => said(400, 'Invalid data channel', 11)
    await tools.clock.advance(POLL_MS)
    expect(await codesOf(confirmation)).toBe('ack_channel hec_6 hec_6')
    expect(await kindsOf(confirmation)).toBe('retry reject retry')
  })
})

describe('the end', () => {
  it('an abort rejects with its reason, and the number is not asked about again', async () => {
    const controller = new AbortController()
    const reason = new Error('shutting down')
    const one = await sent(batchNamed('a', 1), controller.signal)
    const other = await sent(batchNamed('b', 1))
    controller.abort(reason)
    await expect(one.verdicts).rejects.toBe(reason)
    await round()
    expect(JSON.parse(splunk.requests('ack').at(-1)?.body.toString() ?? '')).toEqual({ acks: [1] })
    expect(other.known).toBe(false)
  })

  it('an abort that nobody hears of is no unhandled rejection', async () => {
    const controller = new AbortController()
    await destination.send(batchNamed('a', 1), controller.signal)
    controller.abort()
    await tools.clock.settle()
    expect(tools.clock.pending).toBe(1)
  })

  it('close asks a last time, and gives the rest back', async () => {
    const early = await sent(batchNamed('a', 1))
    splunk.index()
    const late = await sent(batchNamed('b', 1))
    await destination.close()
    expect(await codesOf(early)).toBe('delivered')
    expect(await codesOf(late)).toBe('ack_unknown')
    await destination.close()
    expect(tools.clock.pending).toBe(0)
  })

  it('close does not wait for an answer that does not come', async () => {
    const confirmation = await sent(batchNamed('a', 1))
    splunk.instead = () => ({ never: true })
    const asked = splunk.receiver.received(splunk.receiver.requests.length + 1)
    const closed = destination.close()
    await asked
    await tools.clock.advance(10_000)
    await closed
    expect(await codesOf(confirmation)).toBe('ack_unknown')
  })
})
