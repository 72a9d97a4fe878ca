// What a dispatcher notices for the audit: an outage once, deliveries where it was asked for, and never what becomes of the relay's
// own events.
import { afterEach, describe, expect, it } from 'vitest'
import { DELIVERED } from '../../../src/model/verdict.ts'
import { FakeStore } from './fake-store.ts'
import { because, delivered, halt, pageOf, reject, retry, Rig, type RigOptions } from './rig.ts'

const minute = 60_000
const rigs: Rig[] = []
function rig(options: RigOptions = {}): Rig {
  const made = new Rig(options)
  rigs.push(made)
  made.start()
  return made
}
afterEach(async () => {
  for (const made of rigs.splice(0)) await made.stop().catch(() => undefined)
})

describe('an outage', () => {
  it.each([
    ['500', retry, 'http_500', false],
    ['401', halt, 'http_401', true],
    ['400 for everything', reject, 'refuses_everything', true],
  ] as const)('with %s is noticed once, and again only after a recovery', async (_name, answer, code, halted) => {
    const r = rig()
    r.commit(10)
    await r.advance(minute)
    expect(r.store.noticed).toEqual([])
    r.answer = (batch) => answer(batch)
    r.commit(10)
    await r.advance(60 * minute)
    const like = {
      kind: 'event_failed',
      destinations: ['siem'],
      cause: expect.stringMatching(/^outage \w+$/) as string,
      outcome: 'failure',
    }
    expect(r.store.noticed).toMatchObject([{ ...like, data: { destination: 'siem', cause: 'outage', code, halted } }])
    r.answer = delivered
    await r.advance(minute)
    expect(r.store.noticed).toHaveLength(1)
    r.answer = (batch) => answer(batch)
    r.commit(10)
    await r.advance(10 * minute)
    expect(r.store.noticed).toHaveLength(2)
  })

  it('is noticed in the transaction that saves the health, and no second time by the next run', async () => {
    const store = new FakeStore()
    const first = rig({ store })
    first.answer = (batch) => retry(batch)
    first.commit(10)
    await first.advance(minute)
    expect(store.savedWith).toEqual(['open with 1'])
    await first.stop()
    const second = rig({ store, clock: first.clock })
    second.answer = (batch) => retry(batch)
    await second.advance(10 * minute)
    expect(store.noticed).toHaveLength(1)
  })

  it('is kept while the state is full', async () => {
    const r = rig()
    const { StateFullError } = await import('../../../src/model/errors.ts')
    r.store.onWrite = (verb) => {
      if (verb === 'saveHealth') throw new StateFullError('no room')
    }
    r.answer = (batch) => retry(batch)
    r.commit(10)
    await r.advance(minute)
    expect(r.store.noticed).toEqual([])
    r.store.onWrite = () => undefined
    await r.advance(minute)
    expect(r.store.noticed).toHaveLength(1)
  })

  it("is not noticed for the relay's own events, but as soon as another event meets it", async () => {
    const r = rig()
    r.answer = (batch) => retry(batch)
    r.commit(3, { source: 'relay' })
    await r.advance(10 * minute)
    expect(r.of('health_changed').map(({ to }) => to)).toEqual(['open'])
    expect(r.store.noticed).toEqual([])
    r.commit(10)
    await r.advance(10 * minute)
    expect(r.store.noticed).toMatchObject([{ cause: expect.stringMatching(/^outage \w+$/) as string }])
  })

  it("met by the relay's own events alone is noticed by a later run that meets it with another", async () => {
    const store = new FakeStore()
    const first = rig({ store })
    first.answer = (batch) => retry(batch)
    first.commit(3, { source: 'relay' })
    await first.advance(minute)
    await first.stop()
    expect(store.saved).toMatchObject({ state: 'open', untold: true })
    const second = rig({ store, clock: first.clock })
    second.answer = (batch) => retry(batch)
    second.commit(10)
    await second.advance(10 * minute)
    expect(store.noticed).toHaveLength(1)
    expect(store.saved).not.toHaveProperty('untold')
  })
})

describe('deliveries', () => {
  it('make no notice unless it was asked for', async () => {
    const r = rig()
    r.commit(25)
    await r.advance(minute)
    expect(r.store.settlements.flatMap(({ notices = [] }) => notices)).toEqual([])
  })

  it('by batch: one for each, in the settlement that counts them', async () => {
    const r = rig({ audited: 'batch' })
    r.commit(25)
    await r.advance(minute)
    const all = r.store.settlements.flatMap(({ notices = [] }) => notices)
    expect(all.map(({ kind, count }) => [kind, count])).toEqual([
      ['event_delivered', 10],
      ['event_delivered', 10],
      ['event_delivered', 5],
    ])
    expect(all.map(({ data }) => data['batch'])).toEqual(r.sent.map(({ batch }) => batch.id))
    for (const { delivered: counts, notices = [] } of r.store.settlements)
      expect(notices.reduce((sum, { count }) => sum + count, 0)).toBe(counts.get('app') ?? 0)
  })

  it('by event: one for each, with its id', async () => {
    const r = rig({ audited: 'event' })
    r.commit(3)
    await r.advance(minute)
    const all = r.store.settlements.flatMap(({ notices = [] }) => notices)
    expect(all.map(({ count, cause, data }) => [count, cause, data['event_id']])).toEqual([
      [1, null, 'e1'],
      [1, null, 'e2'],
      [1, null, 'e3'],
    ])
  })

  it('of a batch that was taken in part: only what was taken', async () => {
    const r = rig({ audited: 'event' })
    r.answer = (batch) => ({
      verdicts: batch.events.map((_, index) =>
        index === 1 ? { kind: 'reject' as const, reason: because(400) } : DELIVERED,
      ),
    })
    r.commit(3)
    await r.advance(minute)
    const all = r.store.settlements.flatMap(({ notices = [] }) => notices)
    expect(all.map(({ data }) => data['event_id'])).toEqual(['e1', 'e3'])
  })

  it.each(['batch', 'event'] as const)(
    "by %s: the relay's own events do not count, alone or in company",
    async (audited) => {
      const r = rig({ audited })
      r.commit(4, { source: 'relay' })
      await r.advance(minute)
      expect(r.store.settlements.flatMap(({ notices = [] }) => notices)).toEqual([])
      r.store.commit(pageOf(2, r.store.end), { source: 'relay' })
      r.commit(3)
      await r.advance(minute)
      const all = r.store.settlements.flatMap(({ notices = [] }) => notices)
      expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(3)
    },
  )
})
