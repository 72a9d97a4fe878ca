// A collector as its sender sees it, without acknowledgements, against one that does what the vendor's documents say.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gunzipSync } from 'node:zlib'
import type { Destination } from '../../../../src/destinations/destination.ts'
import { splunkHec } from '../../../../src/destinations/splunk-hec/index.ts'
import type { Batch } from '../../../../src/model/batch.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { batchNamed, batchOf, eventText } from '../../../fakes/batches.ts'
import { destinationTools } from '../../../fakes/destination-tools.ts'
import { answerBytes } from '../../../fakes/http-receiver.ts'
import { FakeSplunk, said } from '../../../fakes/splunk.ts'

const token = '12345678-90ab-cdef-1234-567890abcdef'
const { signal } = new AbortController()
const open: Destination[] = []
let splunk: FakeSplunk

beforeEach(async () => {
  splunk = await FakeSplunk.start(token)
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((destination) => destination.close()))
  await splunk.close()
})

function opened(change: object = {}): Destination {
  const options = splunkHec.options.parse({ url: splunk.url, token, ...change })
  const destination = splunkHec.open(options, destinationTools())
  open.push(destination)
  return destination
}

async function verdictsOf(destination: Destination, batch: Batch): Promise<readonly Verdict[]> {
  const outcome = await destination.send(batch, signal)
  return 'verdicts' in outcome ? outcome.verdicts : outcome.confirmation
}

function kindsOf(verdicts: readonly Verdict[]): string {
  return verdicts.map((verdict) => ('untried' in verdict && verdict.untried ? 'untried' : verdict.kind)).join(' ')
}

const storedIds = (): unknown[] => splunk.stored.map(({ fields }) => fields?.['event_id'])

/** Sends until nothing is left, as a dispatcher would where only one event is at fault. */
async function drained(destination: Destination, batch: Batch): Promise<string[]> {
  const dead: string[] = []
  for (let events = batch.events; events.length > 0;) {
    const sent = events
    const verdicts = await verdictsOf(destination, { ...batch, events })
    dead.push(...sent.filter((_, index) => verdicts[index]?.kind === 'reject').map(({ key }) => key))
    events = sent.filter((_, index) => verdicts[index]?.kind === 'retry')
  }
  return dead
}

describe('a request', () => {
  it('is taken, compressed or not, and stored with its own time, source and id', async () => {
    for (const gzip of [true, false]) {
      splunk.stored.length = 0
      expect(kindsOf(await verdictsOf(opened({ gzip }), batchNamed('a', 3)))).toBe('delivered delivered delivered')
      expect(splunk.stored).toHaveLength(3)
      expect(splunk.stored[1]).toMatchObject({
        time: 1779004800,
        source: 'app',
        sourcetype: 'audit-relay',
        fields: { event_id: 'a-1' },
        event: { event_id: 'a-1', stream: { destination_id: 'archive', attempt: 1 } },
      })
    }
    const [packed, plain] = splunk.requests('event')
    expect(packed?.headers).toMatchObject({ 'content-encoding': 'gzip', authorization: `Splunk ${token}` })
    expect(gunzipSync(packed?.body ?? '').equals(plain?.body ?? Buffer.alloc(0))).toBe(true)
    expect(plain?.headers).not.toHaveProperty('x-splunk-request-channel')
  })

  it('row 52: a page with 413 asks for smaller batches', async () => {
    splunk.maxContentLength = 100
    expect((await verdictsOf(opened(), batchNamed('a', 9)))[0]).toMatchObject({ kind: 'reject', split: true })
  })

  it.each([
    ['a disabled token', { disabled: true }, {}, 'hec_1'],
    ['another token', {}, { token: 'another-token' }, 'hec_4'],
    ['a forbidden index', { indexes: ['main'] }, { index: 'secret' }, 'hec_7'],
    ['a token that wants acknowledgements', { ack: true }, {}, 'hec_10'],
    ['another path', {}, { path: '/here' }, 'http_404'],
  ])('row 60: %s halts, and nothing is stored', async (_name, about, change, code) => {
    splunk.tokens.set(token, about)
    const { path = '', ...options } = change as { path?: string }
    const [verdict] = await verdictsOf(opened({ ...options, url: `${splunk.url}${path}` }), batchNamed('a', 2))
    expect(verdict).toMatchObject({ kind: 'halt', reason: { code } })
    expect(splunk.stored).toEqual([])
  })

  it('a collector that is full, or going away, is given time; one that is nearly full has taken it', async () => {
    splunk.health = 'busy'
    expect((await verdictsOf(opened(), batchNamed('a', 1)))[0]).toMatchObject({ kind: 'retry', afterMs: 5_000 })
    splunk.health = 'shutting down'
    expect((await verdictsOf(opened(), batchNamed('a', 1)))[0]).toMatchObject({ reason: { code: 'hec_23' } })
    splunk.health = 'nearly full'
    expect(await opened().send(batchNamed('a', 1), signal)).toEqual({
      verdicts: [{ kind: 'delivered' }],
      pauseMs: 1_000,
    })
    expect(storedIds()).toEqual(['a-0'])
  })

  it('the token is removed from whatever comes back', async () => {
    splunk.instead = () => said(400, `you said ${token}, ${Buffer.from(token).toString('base64')}`, 6)
    const [verdict] = await verdictsOf(opened(), batchNamed('a', 1))
    expect(JSON.stringify(verdict)).toContain('[secret], [secret]')
    const spelled = token.replace(/./g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
    splunk.instead = () => ({ status: 400, body: `{"code":6,"text":"you said ${spelled}"}` })
    expect(JSON.stringify(await verdictsOf(opened(), batchNamed('a', 1)))).toContain('you said [secret]')
  })
})

describe('row 49: one event that is refused', () => {
  const poisons = { 'broken JSON': '{"event_id":"x", oops}', blank: '""', nothing: 'null' }

  it.each(Object.entries(poisons))(
    '%s, at every place: it alone is dead, nothing is stored twice',
    async (_name, text) => {
      for (let place = 0; place < 6; place++) {
        splunk.stored.length = 0
        const texts = Array.from({ length: 6 }, (_, index) => (index === place ? text : eventText(`e${index}`)))
        const batch = { ...batchOf(texts), complete: true }
        expect(await drained(opened(), batch)).toEqual([batch.events[place]?.key])
        const good = texts.map((_, index) => `e${index}`).filter((_, index) => index !== place)
        expect(storedIds()).toEqual(good)
      }
    },
  )

  it('several of them, one answer after the other', async () => {
    const texts = Array.from({ length: 9 }, (_, index) => (index % 3 === 1 ? '{bad}' : eventText(`e${index}`)))
    const batch = { ...batchOf(texts), complete: true }
    expect(await drained(opened(), batch)).toEqual([1, 4, 7].map((place) => batch.events[place]?.key))
    expect(storedIds()).toEqual(['e0', 'e2', 'e3', 'e5', 'e6', 'e8'])
  })
})

describe('row 54: an answer that is lost', () => {
  it('is a retry wherever it is cut; what comes again can be told by its id', async () => {
    const length = answerBytes(said(200, 'Success', 0)).length
    for (const cutAt of [0, 1, 20, 80, length - 1]) {
      splunk.stored.length = 0
      splunk.after = (answer) => ({ ...answer, cutAt })
      const destination = opened()
      expect((await verdictsOf(destination, batchNamed('a', 2)))[0]).toMatchObject({ kind: 'retry' })
      splunk.after = undefined
      expect(kindsOf(await verdictsOf(destination, batchNamed('a', 2)))).toBe('delivered delivered')
      expect(new Set(storedIds())).toEqual(new Set(['a-0', 'a-1']))
      expect(storedIds()).toHaveLength(4)
    }
  })

  it('row 55: a connection that was closed meanwhile is a retry, and the next one is new', async () => {
    const destination = opened()
    await verdictsOf(destination, batchNamed('a', 1))
    splunk.instead = () => ({ raw: '', cutAt: 0 })
    expect((await verdictsOf(destination, batchNamed('b', 1)))[0]).toMatchObject({ kind: 'retry' })
    splunk.instead = undefined
    expect(kindsOf(await verdictsOf(destination, batchNamed('b', 1)))).toBe('delivered')
  })
})

describe('the question for its health', () => {
  it.each([
    ['fine', true],
    ['nearly full', true],
    ['busy', false],
    ['shutting down', false],
  ] as const)('%s', async (health, well) => {
    splunk.health = health
    const asked = opened().probe?.(signal) ?? Promise.reject(new Error('no probe'))
    await (well ? expect(asked).resolves.toBeUndefined() : expect(asked).rejects.toThrow('not well: it answered 503'))
    expect(splunk.requests('health')).toHaveLength(1)
  })

  it.each([
    ['a page with 200', { body: '<html></html>' }, true],
    ['a page with 404', { status: 404 }, false],
    ['a disabled token', said(400, 'Token disabled', 22), false],
  ])('%s', async (_name, answer, well) => {
    splunk.instead = () => answer
    const asked = opened().probe?.(signal) ?? Promise.reject(new Error('no probe'))
    await (well ? expect(asked).resolves.toBeUndefined() : expect(asked).rejects.toThrow('not well'))
  })
})
