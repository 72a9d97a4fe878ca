// The checker is checked: broken relays and tampered deliveries must be found out, and a right one must pass. Without this a
// campaign that always says "nothing lost" would look the same.
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Campaign, type Setting, type Verdicts } from './campaign/campaign.ts'
import { elements } from './campaign/elements.ts'
import { Oracle, type Verdict } from './campaign/oracle.ts'
import { expectKept, killAtRandom } from './campaign/rounds.ts'
import type { Flaw } from './campaign/stand-in.ts'
import { truth } from './campaign/truth.ts'

const program = fileURLToPath(new URL('campaign/stand-in.ts', import.meta.url))
const seed = 20_260_520

async function verdictsOn(setting: Partial<Setting> & { flaw: Flaw }, kills: number): Promise<Verdicts> {
  const environment = { STAND_IN: setting.flaw }
  const campaign = await Campaign.start({
    seed,
    eventsPerSecond: 2_000,
    program,
    environment,
    stallMs: 1_500,
    ...setting,
  })
  try {
    campaign.outbox.write(2_000)
    await killAtRandom(campaign, kills)
    return await campaign.drain()
  } finally {
    await campaign.close()
  }
}

describe('a relay that is wrong on purpose is found out by the campaign', () => {
  it('a right one passes, but for the archive, which a naive relay cannot keep free of duplicates', async () => {
    const { hook, failures, archive } = await verdictsOn({ flaw: 'right' }, 12)
    expectKept({ hook, failures, archive: { ...archive, duplicates: 0 } }, 12)
  })

  it('one that saves its cursor before it delivers loses events', async () => {
    const { hook, failures, archive } = await verdictsOn({ flaw: 'cursor_first' }, 15)
    expect(hook.lost + failures.lost + archive.lost).toBeGreaterThan(0)
  })

  it('one that takes a torn line for a line invents or alters events', async () => {
    const { hook } = await verdictsOn({ flaw: 'torn_lines' }, 5)
    expect(hook.invented + hook.altered).toBeGreaterThan(0)
  })

  it('one that parses and writes numbers anew alters events', async () => {
    expect((await verdictsOn({ flaw: 'rewrites' }, 0)).hook.altered).toBeGreaterThan(0)
  })

  it('one that forgets a filter misroutes events', async () => {
    expect((await verdictsOn({ flaw: 'no_filter' }, 0)).failures.misrouted).toBeGreaterThan(0)
  })

  it('one that starts from the beginning exceeds the duplicates that kills explain', async () => {
    const verdicts = await verdictsOn({ flaw: 'always_from_start', eventsPerSecond: 8_000 }, 4)
    expect(() => expectKept(verdicts, 1)).toThrow(/hook|failures/)
  })
})

describe('a single tampered delivery is counted', () => {
  const cases: readonly [
    what: string,
    tamper: (event: Buffer) => readonly Buffer[],
    counts: Partial<Verdicts['hook']>,
  ][] = [
    ['dropped', () => [], { lost: 1, altered: 0, invented: 0, duplicates: 0 }],
    ['doubled', (event) => [event, event], { lost: 0, altered: 0, invented: 0, duplicates: 1 }],
    [
      'changed by one byte of its data',
      (event) => [changed(event, 'xx', 'xy')],
      { lost: 0, altered: 1, duplicates: 0 },
    ],
    [
      'without its source',
      (event) => [changed(event, ',"source":{"name":"app","type":"outbox"}', '')],
      { lost: 0, altered: 1 },
    ],
    ['of an unknown id', (event) => [changed(event, '"event_id":', '"event_ie":')], { lost: 1, invented: 1 }],
  ]
  for (const [what, tamper, counts] of cases) {
    it(`one that is ${what}`, async () => {
      let seen = 0
      // The first event from the hundredth on to which every change applies.
      const isChosen = (event: Buffer): boolean =>
        event.includes('xx') && event.includes('"event_id":"') && seen++ === 100
      const verdicts = await verdictsOn(
        {
          flaw: 'right',
          tamper: (destination, event) => (destination === 'hook' && isChosen(event) ? tamper(event) : [event]),
        },
        0,
      )
      expect(verdicts.hook).toMatchObject(counts)
    })
  }
})

describe('the oracle by itself', () => {
  it('takes an event that was not yet written for an invention', () => {
    const facts = truth(1)
    const oracle = new Oracle(facts, { name: 'app', type: 'outbox' })
    oracle.expect('hook', () => true, true)
    oracle.produced = 1
    const dressed = (ordinal: number): Buffer =>
      Buffer.from(
        facts
          .line(ordinal)
          .toString()
          .replace(/ ?}$/, ',"source":{"name":"app","type":"outbox"},"stream":{"destination_id":"hook"}}'),
      )
    oracle.deliver('hook', dressed(0))
    oracle.deliver('hook', dressed(1))
    expect(oracle.verdict('hook')).toMatchObject({
      wanted: 1,
      received: 2,
      lost: 0,
      invented: 1,
      altered: 0,
      duplicates: 0,
    })
  })

  it("looks at the relay's own events by their form, their subject, the filter and their id", () => {
    const told = (destination: string, about: string, id = 'relay-ab-1', count = 1): Buffer =>
      Buffer.from(
        JSON.stringify({
          event_id: id,
          event_type: 'audit.stream_event_failed',
          data: { count, destinations: [about] },
          source: { name: 'relay', type: 'relay' },
          stream: { destination_id: destination },
        }),
      )
    const after = (...events: readonly Buffer[]): Verdict => {
      const oracle = new Oracle(truth(1), { name: 'app', type: 'outbox' })
      oracle.expect('hook', () => true, true)
      for (const event of events) oracle.deliver('hook', event)
      return oracle.verdict('hook')
    }
    const well = { received: 0, lost: 0, invented: 0, altered: 0, misrouted: 0, duplicates: 0 }
    expect(after(told('hook', 'archive'))).toMatchObject(well)
    expect(after(told('hook', 'archive'), told('hook', 'archive'))).toMatchObject({ ...well, duplicates: 1 })
    for (const wrong of [told('hook', 'hook'), told('archive', 'failures'), told('hook', 'archive', 'relay-1')])
      expect(after(wrong)).toMatchObject({ ...well, invented: 1 })
    const changed = [told('hook', 'archive'), told('hook', 'archive', 'relay-ab-1', 2)]
    expect(after(...changed)).toMatchObject({ ...well, invented: 1 })
    const oracle = new Oracle(truth(1), { name: 'app', type: 'outbox' })
    oracle.expect('failures', () => true, false)
    oracle.deliver('failures', told('failures', 'hook'))
    expect(oracle.verdict('failures')).toMatchObject({ ...well, invented: 1 })
  })

  it('takes bodies apart at the brackets outside strings', () => {
    const facts = truth(2)
    const lines = Array.from({ length: 500 }, (_, ordinal) => facts.line(ordinal))
    expect(elements(Buffer.from(`[${lines.join(',\n')}]`)).map(String)).toEqual(lines.map(String))
    expect(elements(Buffer.from('{"a":"\\\\\\"}"}')).map(String)).toEqual(['{"a":"\\\\\\"}"}'])
    expect(elements(Buffer.from('[{"a":{}')).map(String)).toEqual(['[{"a":{}'])
    expect(elements(Buffer.from('[{"a":"b}]')).map(String)).toEqual(['[{"a":"b}]'])
  })
})

function changed(event: Buffer, from: string, to: string): Buffer {
  const text = event.toString()
  if (!text.includes(from)) throw new Error(`nothing to change in ${text}`)
  return Buffer.from(text.replace(from, to))
}
