// What `audit` shows: the choice, both widths, hostile text, the machine form, and a state as the commands leave it.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { findRecords, type FoundRecords } from '../../../src/cli/audit/find.ts'
import { eventsText, recordText } from '../../../src/cli/audit/words.ts'
import { showRecords } from '../../../src/cli/commands/audit.ts'
import { runProgram } from '../../../src/cli/program.ts'
import { textWidth } from '../../../src/cli/text-width.ts'
import { about, type NewNotice, type Notice } from '../../../src/store/notices.ts'
import { openSqliteStore } from '../../../src/store/sqlite/open.ts'
import { openSqliteReader } from '../../../src/store/sqlite/reader.ts'
import { fakeWorld, NOW } from './fake-world.ts'

const minute = 60_000
const waits = 'disabled; 12 events and what comes wait until it is enabled again'

const news: readonly NewNotice[] = [
  about('destination_created', {
    destinations: ['siem'],
    data: { destination: 'siem', type: 'webhook', change: 'created' },
  }),
  about('destination_disabled', {
    destinations: ['siem'],
    by: 'alice (sudo: root)',
    data: { request: 1, text: waits, destination: 'siem', change: 'command', discard: false },
  }),
  about('event_failed', {
    destinations: ['alerts'],
    count: 12_345,
    cause: 'rejected',
    data: {
      destination: 'alerts',
      cause: 'rejected',
      code: 'http_400',
      status: 400,
      reason: 'the receiver answered 400: no',
    },
  }),
  about('source_disabled', {
    source: 'app',
    by: 'bob',
    outcome: 'failure',
    data: { request: 2, text: 'there is no source "app"\u001b[31m', source: 'app' },
  }),
  about('dead_letters_purged', {
    destinations: ['siem', 'alerts', 'archive-of-everything', 'lake'],
    by: 'bob',
    count: 3,
    data: { request: 3, text: 'purged 3 of 3 dead letters', destinations: ['siem'], purged: 3 },
  }),
]

const records: readonly Notice[] = news.map((one, index) => ({
  ...one,
  id: index + 1,
  at: NOW - (news.length - index) * minute,
  carried: index < 2,
}))

/** Gives them as the state does: newest first, a stretch at a time. */
const reader = (all: readonly Notice[]) => ({
  notices: (limit: number, before = Infinity) =>
    Promise.resolve(
      [...all]
        .reverse()
        .filter(({ id }) => id < before)
        .slice(0, limit),
    ),
})

function shown(
  columns?: number,
  flags: { json?: boolean; type?: string } = {},
  found: FoundRecords = { records, more: false },
) {
  const world = fakeWorld(columns === undefined ? {} : { columns })
  expect(showRecords({ ...found, instance: 'a1b2' }, flags, world)).toBe(0)
  return world.stdout.text()
}

describe('the list', () => {
  test.each([80, 140])('on %i columns nothing is wider', async (columns) => {
    const out = shown(columns)
    await expect(out).toMatchFileSnapshot(`../../golden/audit/list-${columns}.txt`)
    expect(Math.max(...out.split('\n').map(textWidth))).toBeLessThanOrEqual(columns)
    expect(out).not.toContain('\u001b')
    for (const who of ['alice (sudo: root)', 'bob']) expect(out).toContain(who)
  })

  test('without a terminal every record is one line, the newest last', () => {
    const lines = shown().trimEnd().split('\n')
    expect(lines).toHaveLength(records.length + 1)
    expect(lines[2]).toMatch(
      /^2026-05-17 07:56:00Z {2}destination_disabled +siem +- {2}alice \(sudo: root\) +disabled; 12/,
    )
    expect(lines[3]).toMatch(/event_failed +alerts +12,345 {2}- +rejected: the receiver answered 400: no$/)
    expect(lines[4]).toContain('failed: there is no source "app"')
    expect(lines.at(-1)).toContain('07:59:00Z')
  })

  test('an empty one says so, and whether that is because of the choice', () => {
    const nothing = { records: [], more: false }
    expect(shown(80, {}, nothing)).toBe('nothing was audited yet\n')
    expect(shown(80, { type: 'source_*' }, nothing)).toBe('no audit record matches\n')
  })

  test('a list that was cut says so', () => {
    expect(shown(80, {}, { records: records.slice(-2), more: true })).toMatch(/\nthe newest 2; older ones with/)
  })
})

test('--json is one shape, with everything that is known', () => {
  const { more, records: all } = JSON.parse(shown(80, { json: true })) as { more: boolean; records: object[] }
  expect(more).toBe(false)
  expect(all).toHaveLength(records.length)
  expect(all[1]).toEqual({
    id: 2,
    at: '2026-05-17T07:56:00.000Z',
    event_id: 'relay-a1b2-2',
    event_type: 'audit.stream_destination_disabled',
    outcome: 'success',
    by: 'alice (sudo: root)',
    count: 1,
    source: null,
    destinations: ['siem'],
    data: { request: 1, text: waits, destination: 'siem', change: 'command', discard: false },
    carried: true,
  })
})

test.each<[NewNotice['data'], string]>([
  [{ destination: 'siem', cause: 'outage', halted: true, code: 'x', reason: 'no' }, 'outage, halted: no'],
  [{ destination: 'siem', cause: 'outage', halted: false, code: 'x', reason: 'no' }, 'outage: no'],
  [{ destination: 'siem', policy: 'drop_oldest', why: 'age' }, 'policy drop_oldest, why age'],
  [
    { destination: 'siem', type: 'file', change: 'renamed', was: 'old' },
    'renamed in the configuration, type file, was old',
  ],
  [{ batch: 'b1', sources: ['a', 'b', 'c', 'd', 'e'], status: null }, 'batch b1, sources a b c 2 more'],
  [{ letters: 1200, text: '' }, 'letters 1,200'],
  [{}, ''],
])('%j reads "%s"', (data, text) => {
  expect(recordText({ ...(records[0] as Notice), data })).toBe(text)
})

test.each<[Notice['kind'], string]>([
  ['backfill_started', '-'],
  ['backfill_ended', '1,234'],
  ['source_reset', '-'],
  ['destination_enabled', '-'],
  ['event_failed', '1,234'],
])('the number of events of %s is %s', (kind, text) => {
  expect(eventsText({ ...(records[0] as Notice), kind, count: 1234 })).toBe(text)
})

describe('the choice', () => {
  const chosen = async (query: Partial<Parameters<typeof findRecords>[1]>) => {
    const { records: found, more } = await findRecords(reader(records), { limit: 50, ...query })
    return [found.map(({ id }) => id), more]
  }

  test('the newest of all, and whether there are more', async () => {
    expect(await chosen({})).toEqual([[1, 2, 3, 4, 5], false])
    expect(await chosen({ limit: 5 })).toEqual([[1, 2, 3, 4, 5], false])
    expect(await chosen({ limit: 2 })).toEqual([[4, 5], true])
  })

  test('by type, with or without the beginning that all have', async () => {
    expect(await chosen({ type: 'destination_*' })).toEqual([[1, 2], false])
    expect(await chosen({ type: 'audit.stream_destination_*' })).toEqual([[1, 2], false])
    expect(await chosen({ type: 'destination' })).toEqual([[], false])
  })

  test('by destination and by time', async () => {
    expect(await chosen({ destination: 'alerts' })).toEqual([[3, 5], false])
    expect(await chosen({ since: NOW - 2 * minute })).toEqual([[4, 5], false])
    expect(await chosen({ destination: 'alerts', since: NOW - 2 * minute, type: '*purged' })).toEqual([[5], false])
  })

  test('looks through everything: behind a clock that went back, and over many records', async () => {
    const old = { ...(records[0] as Notice), at: NOW - 86_400_000 }
    const many = Array.from({ length: 1_700 }, (_, index) => ({ ...old, id: index + 1 }))
    many[0] = { ...old, id: 1, at: NOW }
    const found = await findRecords(reader(many), { limit: 5, since: NOW - minute })
    expect(found).toEqual({ records: [many[0]], more: false })
  })
})

describe('on a state', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'audit-relay-audit-'))
  afterAll(() => fs.rmSync(folder, { recursive: true }))
  const state = path.join(folder, 'state.db')
  const audit = async (...args: string[]) => {
    const world = fakeWorld({ cwd: folder })
    const code = await runProgram(['audit', '--state', state, ...args], world)
    return { code, out: world.stdout.text(), err: world.stderr.text() }
  }

  test('lists what was noted; options that cannot be meant so are refused', async () => {
    const { clock } = fakeWorld()
    const bounds = { maxBytes: 1e9, keepMs: 1e9 }
    const store = await openSqliteStore({ path: state, bounds, reserveBytes: 0, newState: false, clock })
    await store.note(news, NOW)
    // Beside the one that holds the state.
    expect((await audit()).out.trimEnd().split('\n')).toHaveLength(news.length + 1)
    await store.close(NOW)

    const { code, out } = await audit('--json', '--limit', '2', '--type', 'audit.stream_d*')
    expect(code).toBe(0)
    const { more, records: all } = JSON.parse(out) as { more: boolean; records: { id: number; carried: boolean }[] }
    expect([more, all.map(({ id }) => id), all[0]?.carried]).toEqual([true, [2, 5], false])

    expect(await audit('--type', 'nothing')).toEqual({ code: 0, out: 'no audit record matches\n', err: '' })
    expect(await audit('--since', '1h')).toMatchObject({ code: 0 })
    // Known from the records alone: it has been removed.
    expect(await audit('--destination', 'lake')).toMatchObject({ code: 0 })
    for (const [args, sentence] of [
      [['--destination', 'lakes'], '--destination lakes: there is no destination of that name'],
      [['--limit', '0'], '--limit 0: write a number of records'],
      [['--since', 'ages'], '--since ages: write a duration such as'],
    ] as const)
      expect(await audit(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(sentence) as string })
  })

  test('the state gives them in stretches that neither repeat nor leave out', async () => {
    const open = await openSqliteReader(state)
    try {
      const first = await open.notices(2)
      const rest = await open.notices(10, first.at(-1)?.id)
      expect([...first, ...rest].map(({ id }) => id)).toEqual([5, 4, 3, 2, 1])
    } finally {
      await open.close()
    }
  })
})
