// What an event of ZITADEL becomes, and that nothing of a payload gets anywhere that the file does not allow.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeZitadel, micros } from '../../../fakes/zitadel.ts'
import { eventIdOf, outcomeOf } from '../../../../src/sources/zitadel/canonical.ts'
import { RecordReader, type ZitadelEvent } from '../../../../src/sources/zitadel/record.ts'
import { stableBytes } from '../../../../src/sources/zitadel/stable.ts'
import { microsOf, microText } from '../../../../src/sources/zitadel/micros.ts'
import { open, readPages } from './reading.ts'

const start = Date.parse('2026-05-17T07:00:00Z')
const hour = { from: start, to: start + 3_600_000 }
const at = start * 1000 + 123_456

let fake: FakeZitadel
beforeEach(async () => {
  fake = await FakeZitadel.start()
})
afterEach(async () => fake.close())

async function draftOf(
  options: object = {},
): Promise<{ json: string[]; fingerprints: string; keys: string; quarantined: string }> {
  const { source } = open(fake, options)
  for await (const { draft } of source.readWindow(
    { part: '', window: hour, progress: null },
    new AbortController().signal,
  )) {
    const { keys, fingerprints } = draft.page()
    return {
      json: Array.from({ length: draft.count }, (_, index) => draft.json(index)),
      keys: Buffer.from(keys).toString('hex'),
      fingerprints: Buffer.from(fingerprints).toString('hex'),
      quarantined: draft.quarantined
        .map(({ bytes, place, detail }) => `${place} ${detail} ${Buffer.from(bytes)}`)
        .join('\n'),
    }
  }
  throw new Error('no page')
}

/** The answers hold these records whatever is asked. */
function answering(...records: string[]): void {
  fake.instead = () => ({ body: `{"events":[${records.join(',')}]}` })
}

const bare = (more = ''): string =>
  `{"aggregate":{"id":"1","type":{"type":"user"}},"creationDate":"2026-05-17T07:00:00.123456Z","type":{"type":"a.b"}${more}}`

describe('the same event is the same', () => {
  const secondLook = async (options: object, change: () => void): Promise<void> => {
    fake.table.add({ createdAt: at, payload: '{"userName":"gigi, \\" { :","n":[1, 2]}' })
    const before = await draftOf(options)
    change()
    const after = await draftOf(options)
    expect(after.keys).toBe(before.keys)
    expect(after.fingerprints).toBe(before.fingerprints)
  }

  test('when its editor was renamed', () => secondLook({}, () => fake.names.set('300000000000000001', 'Minnie Maus')))
  test('when another build of ZITADEL puts blanks elsewhere', () =>
    secondLook({ payload: 'all' }, () => (fake.blanks = true)))
  test('in another language', async () => {
    fake.table.add({ createdAt: at })
    const english = fake.json(fake.table.all[0] as never, 'en')
    const german = fake.json(fake.table.all[0] as never, 'de')
    expect(german).not.toBe(english)
    answering(english)
    const before = await draftOf()
    answering(german)
    expect((await draftOf()).fingerprints).toBe(before.fingerprints)
  })
  test('when the file allows another payload', async () => {
    fake.table.add({ createdAt: at, payload: '{"a":1}' })
    expect((await draftOf({ payload: 'all' })).fingerprints).toBe((await draftOf()).fingerprints)
  })
  test('row 43: but not with another payload, editor, owner, type or time', async () => {
    const prints = new Set<string>()
    for (const one of [
      {},
      { payload: '{"a":1}' },
      { payload: '{"a":"1"}' },
      { editor: '4' },
      { resourceOwner: '4' },
      { type: 'a.b' },
      { createdAt: at + 1 },
    ]) {
      answering(
        fake.json({
          ...fake.table.add({ createdAt: at, aggregateId: `${prints.size}` }),
          aggregateId: '1',
          sequence: 1n,
          ...one,
        }),
      )
      prints.add((await draftOf()).fingerprints)
    }
    expect(prints.size).toBe(7)
  })
})

test('ids are told apart whatever the names hold', () => {
  const event = (aggregateType: string, aggregateId: string, sequence: string): ZitadelEvent =>
    ({ aggregateType, aggregateId, sequence }) as ZitadelEvent
  const part = fc.string({ unit: fc.constantFrom('a', '|', '%', '7', 'C', '2', '5'), minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(fc.tuple(part, part, part), fc.tuple(part, part, part), (one, other) => {
      const same = eventIdOf(one[0], event(one[1], one[2], '1')) === eventIdOf(other[0], event(other[1], other[2], '1'))
      expect(same).toBe(one.join('\0') === other.join('\0'))
    }),
    { numRuns: 2000, seed: 20_260_517 },
  )
})

test('row 40: sequences that differ only past 2^53 are different events, digit by digit', async () => {
  const sequences = ['9007199254740992', '9007199254740993', '18446744073709551615']
  for (const sequence of sequences) fake.table.add({ createdAt: at, sequence: BigInt(sequence) })
  const { json } = await draftOf()
  expect(json.map((text) => /"sequence":"(\d+)"/.exec(text)?.[1])).toEqual(sequences)
  expect(new Set(json.map((text) => /"event_id":"([^"]+)"/.exec(text)?.[1])).size).toBe(3)
})

test('row 40: a payload arrives byte for byte', async () => {
  const payload = '{"n":9223372036854775807, "d":1.10,"e":1E2,"t":"\\u00e9\\/","nested":{"__proto__":{"x":[]}}}'
  fake.table.add({ createdAt: at, payload })
  expect((await draftOf({ payload: 'all' })).json[0]).toContain(`"payload":${payload}}`)
})

test('members that proto3 leaves out: no editor, no owner, sequence 0', async () => {
  answering(bare())
  const [json = ''] = (await draftOf()).json
  expect(JSON.parse(json)).toEqual({
    event_id: 'acme|user|1|0',
    event_type: 'a.b',
    occurred_at: '2026-05-17T07:00:00.123456Z',
    target: { kind: 'user', id: '1' },
    outcome: 'success',
    data: { instance: 'acme', sequence: '0' },
    source: { name: 'zitadel-prod', type: 'zitadel' },
  })
})

test.each([
  ['user.human.password.check.failed', 'failure'],
  ['idpintent.failed', 'failure'],
  ['device.authorization.denied', 'failure'],
  ['user.human.password.check.succeeded', 'success'],
  ['user.human.added', 'success'],
  ['failed', 'success'],
  ['user.failed.added', 'success'],
])('%s is a %s', (type, outcome) => expect(outcomeOf(type)).toBe(outcome))

test('who acts: a user, or ZITADEL itself', async () => {
  for (const editor of ['300000000000000001', 'NOTIFICATION', 'SYSTEM', 'jane.doe', ''])
    fake.table.add({ createdAt: at, editor })
  const { source } = open(fake)
  const [page] = await readPages(source, hour)
  expect(page?.events.map(({ actor }) => actor)).toEqual([
    { kind: 'user', id: '300000000000000001', label: 'Minnie Mouse' },
    { kind: 'system', id: 'NOTIFICATION' },
    { kind: 'system', id: 'SYSTEM' },
    { kind: 'user', id: 'jane.doe' },
    undefined,
  ])
})

describe('payload', () => {
  const secret = 'gigi.giraffe@example.com'
  const payload = JSON.stringify({ email: secret, remoteIP: '203.0.113.9', userAgent: 'Mozilla/5.0' })

  test('none: nothing of it is in events, nor in the quarantine', async () => {
    fake.table.add({ createdAt: at, payload })
    const deep = `{"email":"${secret}","deep":${'['.repeat(300)}${']'.repeat(300)}}`
    const event = fake.json(fake.table.all[0] as never)
    answering(
      event,
      bare(`,"payload":${deep}`),
      bare(`,"payload":${payload},"sequence":"x"`),
      `{"payload":${payload}}`,
      `{"payload":${deep}}`,
      `{"p\\u0061yload":${payload},"payload":${payload}}`,
      `"${secret}"`,
      `["${secret}"]`,
      `{"type":{"type":"${'t'.repeat(2000)}"},"aggregate":{"id":"1","type":{"type":"user"}},"creationDate":"2026-05-17T07:00:00Z","payload":${payload}}`,
    )
    const { json, quarantined } = await draftOf()
    expect(json.length).toBe(2)
    expect(quarantined.split('\n').length).toBe(7)
    expect(json.join('') + quarantined).not.toContain('gigi')
    expect(json.join('') + quarantined).not.toContain('203.0.113')
  })

  test('all: with it the address and the browser', async () => {
    const holding = [
      payload,
      '{"user_agent":{"ip":"203.0.113.10","description":"Firefox"}}',
      '{"userAgent":{"ip":"203.0.113.11"}}',
      '{"a":1}',
    ]
    for (const text of holding) fake.table.add({ createdAt: at, payload: text })
    const [page] = await readPages(open(fake, { payload: 'all' }).source, hour)
    expect(page?.events.map(({ data }) => data.payload)).toEqual(holding.map((text) => JSON.parse(text) as unknown))
    expect(page?.events.map(({ context }) => context)).toEqual([
      { ip: '203.0.113.9', user_agent: 'Mozilla/5.0' },
      { ip: '203.0.113.10', user_agent: 'Firefox' },
      { ip: '203.0.113.11' },
      undefined,
    ])
  })

  test('globs: of these event types only', async () => {
    for (const type of ['org.added', 'org.domain.added', 'user.human.added'])
      fake.table.add({ createdAt: at, payload, type })
    const [page] = await readPages(open(fake, { payload: ['org.*', 'user.human.added.not'] }).source, hour)
    expect(page?.events.map(({ data }) => data.payload !== undefined)).toEqual([true, true, false])
    expect(page?.events.map(({ context }) => context !== undefined)).toEqual([true, true, false])
  })
})

test('one record that is no event does not keep the others from being read', async () => {
  answering(bare(), '{}', 'null', '7', bare(',"sequence":"2"'), '{"type":5,"aggregate":[],"creationDate":{}}')
  const [page] = await readPages(open(fake).source, hour)
  expect(page?.events.length).toBe(2)
  expect(page?.quarantined.map(({ reason }) => reason)).toEqual([
    'unmappable',
    'not_an_object',
    'not_an_object',
    'unmappable',
  ])
})

test('different things that are no events stay different in the quarantine, although nothing of them may be seen', async () => {
  answering('"gigi"', '"rita"', '"gigi"')
  const [page] = await readPages(open(fake).source, hour)
  const kept = page?.quarantined.map(({ bytes }) => bytes) ?? []
  expect([kept.length, new Set(kept).size]).toEqual([3, 2])
  expect(kept.join('')).not.toMatch(/gigi|rita/)
})

test('row 38: bytes that are no UTF-8 are set aside, without their payload', async () => {
  const record = Buffer.concat([
    Buffer.from('{"payload":{"a":"'),
    Buffer.of(0xff),
    Buffer.from('gigi"},"x":"'),
    Buffer.of(0xfe),
    Buffer.from('"}'),
  ])
  fake.instead = () => ({ body: Buffer.concat([Buffer.from('{"events":['), record, Buffer.from(`,${bare()}]}`)]) })
  const [page] = await readPages(open(fake).source, hour)
  expect(page?.events.length).toBe(1)
  expect(page?.quarantined[0]?.reason).toBe('invalid_utf8')
  expect(page?.quarantined[0]?.bytes).not.toContain('gigi')
})

test('the stable bytes of JSON do not depend on its blanks, and nothing else is lost', () => {
  const reader = new RecordReader()
  const stable = (payload: string): string => {
    const bytes = Buffer.from(`{"payload":${payload}}`)
    return stableBytes(reader.read(bytes, 0, bytes.length) as ZitadelEvent, bytes).toString()
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const compact = JSON.stringify({ value })
      expect(stable(JSON.stringify({ value }, null, 3))).toBe(stable(compact))
      expect(stable(compact).endsWith(compact)).toBe(true)
    }),
    { numRuns: 300, seed: 20_260_517 },
  )
})

test('microseconds survive their text', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), (value) => {
      expect(microsOf(microText(value))).toBe(value)
      expect(micros(microText(value))).toBe(value)
    }),
    { numRuns: 2000, seed: 20_260_517 },
  )
  expect(microText(at)).toBe('2026-05-17T07:00:00.123456Z')
})
