import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dlqPurgeCommand } from '../../../src/cli/commands/dlq-purge.ts'
import { dlqReplayCommand, type ReplayFlags } from '../../../src/cli/commands/dlq-replay.ts'
import type { Ask } from '../../../src/cli/dlq/asking.ts'
import { runProgram } from '../../../src/cli/program.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import type { RequestCounts, StoredRequest } from '../../../src/store/requests.ts'
import { letter, stateWith } from './dlq-letters.ts'
import { fakeWorld, type FakeWorld, NOW } from './fake-world.ts'

const refused = [1, 2, 3].map((seq) => letter(seq))
const spent = letter(4, {
  destination: 'archive',
  eventType: 'session.ended',
  cause: 'exhausted',
  reason: { code: 'timeout', text: 'no answer within 30s' },
})

let folder: string
let state: string
let world: FakeWorld
beforeEach(async () => {
  ;({ folder, state } = await stateWith([...refused, spent]))
  world = fakeWorld({ cwd: folder })
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

function dlq(...args: string[]): Promise<number> {
  return runProgram(['dlq', ...args, '--state', state], world)
}

/** What `requests` shows to a person. */
async function tells(text: RegExp): Promise<void> {
  world = fakeWorld()
  expect(await dlq('requests')).toBe(0)
  expect(world.stdout.text()).toMatch(text)
}

/** The request as a relay may leave it. */
function change(columns: string): void {
  const db = new Database(state)
  db.exec(`UPDATE request SET ${columns}`)
  db.close()
}

function json(): Record<string, unknown> {
  return JSON.parse(world.stdout.text()) as Record<string, unknown>
}

describe('looking', () => {
  it('list shows the newest last and says how many more', async () => {
    expect(await dlq('list', '--limit', '2')).toBe(0)
    const lines = world.stdout.text().trimEnd().split('\n')
    expect(lines.slice(1, 3).map((line) => line.split(' ')[0])).toEqual(['e-3', 'e-4'])
    expect(lines.at(-2)).toContain('the newest 2 of 4 dead letters')
  })

  it('list --json has the total and every field', async () => {
    expect(await dlq('list', '--destination', 'archive', '--json')).toBe(0)
    expect(json()).toMatchObject({
      total: 1,
      dead_letters: [
        {
          event_id: 'e-4',
          event_type: 'session.ended',
          destination: 'archive',
          source: 'app',
          cause: 'exhausted',
          code: 'timeout',
          status: null,
          answer: 'no answer within 30s',
          attempts: 1,
          died_at: new Date(spent.diedAt).toISOString(),
          provisional: false,
        },
      ],
    })
  })

  it('stats groups, by the store and by looking at each letter alike', async () => {
    expect(await dlq('stats', '--json')).toBe(0)
    const grouped = json()
    expect(grouped).toMatchObject({
      total: 4,
      groups: [{ destination: 'siem', letters: 3, code: 'http_400' }, { letters: 1 }],
      purges: [],
    })
    world = fakeWorld({ cwd: folder })
    expect(await dlq('stats', '--where', 'true', '--json')).toBe(0)
    expect(json()).toEqual(grouped)
  })

  it('stats tells what is announced to be purged, of the destinations that it is about', async () => {
    const db = new Database(state)
    db.exec("UPDATE destination SET purge_before = 1, purge_from = 5400000 WHERE name = 'siem'")
    db.close()
    expect(await dlq('stats')).toBe(0)
    expect(world.stdout.text()).toContain(
      '\n\nsiem: all 3 dead letters will be purged in 1h 30m at the earliest\n  audit-relay dlq export --destination siem --output siem-dead-letters.jsonl\n\n',
    )
    world = fakeWorld({ cwd: folder })
    expect(await dlq('stats', '--json')).toBe(0)
    expect(json()['purges']).toEqual([{ destination: 'siem', letters: 3, in_seconds: 5400 }])
    world = fakeWorld({ cwd: folder })
    expect(await dlq('stats', '--destination', 'archive', '--json')).toBe(0)
    expect(json()['purges']).toEqual([])
  })

  it('show tells an id that is no dead letter, with where to ask', async () => {
    expect(await dlq('show', 'e-2')).toBe(0)
    expect(world.stdout.text()).toContain('audit-relay dlq replay e-2 --destination siem')
    expect(await dlq('show', 'nobody')).toBe(1)
    expect(world.stderr.text()).toBe(
      'audit-relay: there is no dead letter nobody; audit-relay trace nobody says what became of the event\n',
    )
  })

  it('show --json has the event itself', async () => {
    expect(await dlq('show', 'e-2', '--json')).toBe(0)
    expect(json()).toMatchObject({
      dead_letters: [{ event_id: 'e-2', event: { event_id: 'e-2', source: { name: 'app' } } }],
    })
  })

  it.each([
    ['foo', ''],
    ['Rejected', '; did you mean "rejected"?'],
    ['too_larg', '; did you mean "too_large"?'],
  ])('an unknown cause %s is wrong usage, with those there are', async (cause, hint) => {
    for (const command of ['list', 'stats', 'replay', 'purge', 'export'])
      expect(await dlq(command, '--reason', cause)).toBe(2)
    const line = `audit-relay: --reason ${cause}: events die of rejected, exhausted, too_large, too_old, buffer_full${hint}\n`
    expect(world.stderr.text()).toBe(line.repeat(5))
  })

  it.each(['list', 'stats', 'export'])('%s says which named ids are no dead letters, and is 1', async (command) => {
    const out = command === 'export' ? ['-o', 'dead.jsonl'] : []
    expect(await dlq(command, 'e-1', 'e-2', ...out)).toBe(0)
    expect(world.stderr.text()).not.toContain('no such dead letter')
    fs.rmSync(path.join(folder, 'dead.jsonl'), { force: true })
    expect(await dlq(command, 'e-1', 'nobody', '--id', 'gone', ...out)).toBe(1)
    expect(world.stderr.text()).toContain('there is no such dead letter: nobody\n')
    expect(world.stderr.text()).toContain('there is no such dead letter: gone\n')
    expect(world.stderr.text()).not.toContain('e-1')
  })

  it('stats and show do not claim that others were taken while nothing was', async () => {
    const db = new Database(state)
    db.exec("UPDATE exception SET provisional = 1 WHERE cause = 'rejected'")
    db.close()
    expect(await dlq('stats', '--json')).toBe(0)
    expect(json()).toMatchObject({ groups: [{ letters: 3, provisional: 3 }, { provisional: 0 }] })
    for (const look of [['stats'], ['show', 'e-1']]) {
      world = fakeWorld({ cwd: folder })
      expect(await dlq(...look)).toBe(0)
      expect(world.stdout.text()).not.toContain('took other events')
      expect(world.stdout.text()).toContain('refused these and has taken nothing since')
    }
  })

  it('an unknown destination is wrong usage, with the nearest', async () => {
    expect(await dlq('list', '--destination', 'seim')).toBe(2)
    expect(world.stderr.text()).toContain('did you mean "siem"?')
  })
})

describe('export', () => {
  it('writes a new file that only its owner reads, and never over another', async () => {
    expect(await dlq('export', '--output', 'dead.jsonl', '--destination', 'siem')).toBe(0)
    const file = path.join(folder, 'dead.jsonl')
    const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { event_id: string }).event_id)).toEqual(['e-1', 'e-2', 'e-3'])
    expect(fs.statSync(file).mode & 0o777).toBe(0o600)
    fs.symlinkSync('elsewhere', path.join(folder, 'link'))
    for (const name of ['dead.jsonl', 'link']) {
      expect(await dlq('export', '--output', name)).toBe(2)
      expect(world.stderr.text()).toContain('nothing is overwritten')
    }
    expect(fs.existsSync(path.join(folder, 'elsewhere'))).toBe(false)
  })

  it('--with-reason puts each into an envelope', async () => {
    expect(await dlq('export', 'e-1', '--with-reason', '-o', 'dead.jsonl')).toBe(0)
    expect(JSON.parse(fs.readFileSync(path.join(folder, 'dead.jsonl'), 'utf8'))).toMatchObject({
      destination: 'siem',
      answer: refused[0]?.reason.text,
      event: { event_id: 'e-1' },
    })
  })
})

const counts: RequestCounts = { chosen: 4, taken: 4, skipped: 0, delivered: 4, dead: 0, dropped: 0 }

/** A holder that answers with these counts, and what it was asked. */
function holder(changes: Partial<StoredRequest> = {}): { ask: Ask; asked: StoredRequest['asked'][] } {
  const asked: StoredRequest['asked'][] = []
  const ask: Ask = (what, _flags, _world, { progress }) => {
    asked.push(what)
    const request: StoredRequest = {
      id: 7,
      at: NOW,
      by: 'ops',
      asked: what,
      state: 'done',
      counts,
      text: null,
      finishedAt: NOW,
      ...changes,
    }
    progress({ ...request, state: 'running' })
    return Promise.resolve(request)
  }
  return { ask, asked }
}

function replay(flags: ReplayFlags, { ask }: { ask: Ask } = holder()): Promise<number> {
  return dlqReplayCommand([], { state, ...flags }, world, ask)
}

describe('replay', () => {
  it('asks for exactly what was chosen', async () => {
    const there = holder()
    expect(await replay({ destination: 'siem', rate: '600/m' }, there)).toBe(0)
    expect(there.asked).toEqual([
      { kind: 'replay_dead_letters', letters: [{ destination: 'siem', ranges: [[1, 4]] }], to: null, perSecond: 10 },
    ])
    expect(world.stderr.text()).toContain('3 dead letters to replay')
    expect(world.stdout.text()).toBe('4 replayed: 4 delivered, 0 dead again, 0 waiting\n')
  })

  it('--dry-run asks nobody', async () => {
    const there = holder()
    expect(await replay({ all: true, dryRun: true }, there)).toBe(0)
    expect(there.asked).toEqual([])
    expect(world.stdout.text()).toContain('4 dead letters would be replayed, each to its own destination')
    expect(world.stdout.text()).toContain('nothing was changed')
  })

  it('of a named one that is no dead letter: the others go, and it is 1', async () => {
    const there = holder()
    expect(await replay({ id: ['e-1', 'nobody'] }, there)).toBe(1)
    expect(there.asked).toMatchObject([{ letters: [{ destination: 'siem', ranges: [[1, 2]] }] }])
    expect(world.stderr.text()).toContain('there is no such dead letter: nobody')
  })

  it('of nothing says so, and not what would be', async () => {
    const there = holder()
    expect(await replay({ reason: 'too_large' }, there)).toBe(0)
    expect(await dlq('purge', '--reason', 'too_large', '--yes')).toBe(0)
    expect(there.asked).toEqual([])
    expect(world.stdout.text()).toBe(
      'no dead letter matches: nothing to replay\nno dead letter matches: nothing to remove\n',
    )
  })

  it('--to says that the letters stay', async () => {
    const there = holder()
    expect(await replay({ destination: 'siem', to: 'archive' }, there)).toBe(0)
    expect(there.asked).toMatchObject([{ to: 'archive' }])
    expect(world.stderr.text()).toContain(
      'Copies go to archive; 3 letters stay where they are until dlq purge removes them',
    )
  })

  it.each([
    [{ dead: 1, delivered: 3 }, {}, '4 replayed: 3 delivered, 1 dead again, 0 waiting'],
    [{ delivered: 3 }, {}, 'does not add up: 1 still wait although it is done'],
    [{ delivered: 5 }, {}, 'does not add up: 1 more were settled than taken'],
    [{ taken: 3, delivered: 3 }, {}, 'does not add up: 4 were chosen, but 3 taken and 0 skipped'],
    [{ taken: 0, delivered: 0 }, { state: 'failed', text: 'no such destination' }, 'failed: no such destination'],
    [{ delivered: 1 }, { state: 'running' }, 'so far: 4 replayed: 1 delivered, 0 dead again, 3 waiting'],
  ] as const)('%j %j is exit 1 and said', async (change, request, text) => {
    expect(await replay({ all: true }, holder({ ...request, counts: { ...counts, ...change } }))).toBe(1)
    expect(world.stdout.text() + world.stderr.text()).toContain(text)
  })

  it('skipped ones are told and are no failure', async () => {
    expect(await replay({ all: true }, holder({ counts: { ...counts, taken: 3, delivered: 3, skipped: 1 } }))).toBe(0)
    expect(world.stdout.text()).toContain('; 1 skipped')
  })

  it('--no-wait returns at once, --json is JSON alone', async () => {
    const begun = holder({ state: 'asked', counts: { ...counts, taken: 0, delivered: 0 }, finishedAt: null })
    expect(await replay({ all: true, wait: false }, begun)).toBe(0)
    expect(world.stdout.text()).toBe('request 7 is written down; the next run carries it out\n')
    world = fakeWorld()
    expect(await replay({ all: true, json: true })).toBe(0)
    expect(json()).toMatchObject({ id: 7, state: 'done', by: 'ops', counts: { chosen: 4, delivered: 4, waiting: 0 } })
    expect(world.stderr.text()).toBe('')
  })

  it.each([
    [{}, 'say which dead letters to replay'],
    [{ all: true, rate: '0/s' }, '--rate 0/s: write events per time'],
    [{ all: true, rate: '10' }, '--rate 10: write events per time'],
    [{ all: true, to: 'arhcive' }, 'did you mean "archive"?'],
  ])('%j is refused', async (flags, message) => {
    await expect(replay(flags)).rejects.toThrow(message)
  })

  it('nothing that matches is nothing to do', async () => {
    const there = holder()
    expect(await replay({ reason: 'too_old' }, there)).toBe(0)
    expect(there.asked).toEqual([])
  })
})

describe('purge', () => {
  it('without --yes says what it would remove, does nothing, and is exit 2', async () => {
    const there = holder()
    expect(await dlqPurgeCommand([], { state, all: true }, world, there.ask)).toBe(2)
    expect(there.asked).toEqual([])
    expect(world.stdout.text()).toContain('4 dead letters would be removed for good')
    expect(world.stderr.text()).toContain('nothing was removed')
  })

  it('with --yes removes what was chosen', async () => {
    const there = holder({ counts: { chosen: 1, taken: 1, skipped: 0, delivered: 0, dead: 0, dropped: 1 } })
    expect(await dlqPurgeCommand(['e-4'], { state, yes: true }, world, there.ask)).toBe(0)
    expect(there.asked).toEqual([
      { kind: 'purge_dead_letters', letters: [{ destination: 'archive', ranges: [[4, 5]] }] },
    ])
    expect(world.stdout.text()).toBe('1 dead letter removed\n')
  })

  it('for real, without a relay', async () => {
    // Following waits for the work of others, so time must pass.
    world = { ...world, clock: systemClock }
    expect(await dlq('purge', '--reason', 'rejected', '--yes')).toBe(0)
    expect(world.stdout.text()).toBe('3 dead letters removed\n')
    world = fakeWorld()
    expect(await dlq('requests', '--json')).toBe(0)
    expect(json()).toMatchObject({
      requests: [{ state: 'done', destinations: ['siem'], period: null, counts: { chosen: 3, dropped: 3 } }],
    })
    await tells(/^#1 +done asked by .+ ago, ended .+ ago\n +dead letters of siem: 3 dead letters removed\n$/)
    const ago = NOW - 60_000
    change(`state = 'running', finished_at = NULL, at = ${ago}, by = 'ops', chosen = 1200`)
    await tells(
      /^#1 +running asked by ops 1m ago\n +dead letters of siem: 3 of 1,200 gone through; 3 dead letters removed\n$/,
    )
    change(`state = 'asked'`)
    await tells(/^#1 +asked by ops 1m ago\n +dead letters of siem: not taken up yet\n$/)
    const body = { kind: 'replay_events', destination: 'siem', from: ago, to: NOW, perSecond: null }
    change(
      `state = 'running', kind = 'replay_events', taken = 2, delivered = 1, dropped = 0, body = '${JSON.stringify(body)}'`,
    )
    await tells(
      /events of siem from 2026-05-17T07:59:00Z to 2026-05-17T08:00:00Z: 2 of 1,200 gone through; 2 sent again: 1/,
    )
    world = fakeWorld()
    expect(await dlq('stats', '--json')).toBe(0)
    expect(json()).toMatchObject({ total: 1 })
  })
})
