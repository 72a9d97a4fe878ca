// Processes that meet at one state: commands that race for it, a holder that is killed while a command follows it, and kills at
// every write of a command that drops a great deal.
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { balanceOf, command, done, requestsOf, until } from './commands.ts'
import { type Ended, events, ids, Place } from './run-fixture.ts'

let at: Place
beforeEach(async () => {
  at = await Place.make()
})
afterEach(() => at.remove())

const quick = { timeout: '2s', retry: { schedule: ['100ms', '100ms'] } }

/** Every odd one of `count` events is refused for good and becomes a dead letter. */
async function buryOddOnes(count: number): Promise<string[]> {
  const all = ids(0, count)
  const odd = new Set(all.filter((_, index) => index % 2 === 1))
  at.receiver.answer(({ body }) => (odd.has(idOf(body)) ? { status: 400, body: 'no such field' } : {}))
  at.configure({ siem: at.webhook(quick), other: { type: 'file', path: './archive' } })
  at.append(...events(0, count))
  expect((await command(at, 'run', '--once')).code).toBe(3)
  return [...odd]
}

function idOf(body: Buffer): string {
  return (JSON.parse(body.toString()) as { event_id: string }).event_id
}

/** One at least did its work; who asked a process that ended meanwhile is told so, and that the request is kept. */
function expectTold(ended: readonly Ended[]): void {
  for (const { code, err } of ended)
    if (code !== 0)
      expect([code, err]).toEqual([1, expect.stringMatching(/request \d+ was done; it is kept, and the next/)])
  expect(ended.filter(({ code }) => code === 0)).not.toEqual([])
}

describe('row 11: commands that race for a state that nobody holds', () => {
  it('two replays of the same letters: each letter is sent once', async () => {
    const odd = await buryOddOnes(60)
    const before = at.receiver.requests.length
    at.receiver.answer({})
    const ended = await Promise.all([1, 2].map(() => command(at, 'dlq', 'replay', '--all')))
    expectTold(ended)
    await done(at, 'run', '--once')
    expect(at.receivedIds().slice(before).sort()).toEqual([...odd].sort())
    const requests = await requestsOf(at)
    const sum = (count: 'taken' | 'delivered') => requests.reduce((total, { counts }) => total + counts[count], 0)
    expect([sum('taken'), sum('delivered')]).toEqual([30, 30])
    expect(requests.every(({ state }) => state === 'done')).toBe(true)
    expect(await balanceOf(at, 'siem')).toMatchObject({ delivered: 60, dead: 0, balanced: true })
    await done(at, 'check')
  })

  it('many that drop: what waits is dropped once', async () => {
    at.configure({ siem: at.webhook(quick) })
    await command(at, 'run', '--once')
    await done(at, 'destinations', 'disable', 'siem')
    at.append(...events(0, 40))
    await done(at, 'run', '--once')
    const ended = await Promise.all(
      Array.from({ length: 6 }, () => command(at, 'destinations', 'disable', 'siem', '--discard', '--yes')),
    )
    expect(ended.map(({ code, err }) => [code, err])).toEqual(ended.map(() => [0, '']))
    const requests = (await requestsOf(at)).slice(0, ended.length)
    expect(requests.map(({ state }) => state)).toEqual(ended.map(() => 'done'))
    const dropped = requests.map(({ text }) => Number(/(\d+) events? dropped/.exec(text ?? '')?.[1]))
    expect(dropped.sort((a, b) => b - a)).toEqual([40, ...ended.slice(1).map(() => 0)])
    expect(await balanceOf(at, 'siem')).toMatchObject({ offered: 40, dropped: 40, waiting: 0, balanced: true })
    await done(at, 'check')
  })

  it('one that delivers for a while keeps its log when another program looks, and does meanwhile what is asked', async () => {
    const odd = await buryOddOnes(20)
    const before = at.receiver.requests.length
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    at.receiver.answer({ after: held })
    const replay = at.start(['dlq', 'replay', '--all'])
    await replay.sees(at.receiver.received(before + 1))
    expect(fs.statSync(at.file('state.db-wal')).size).toBeGreaterThan(0)
    expect(await lookFromElsewhere(at.file('state.db'))).toBe('running SQLITE_BUSY')
    expect(fs.existsSync(at.file('state.db-wal'))).toBe(true)
    expect(await done(at, 'destinations', 'disable', 'other')).toContain('other: disabled')
    release()
    expect((await replay.ended).code).toBe(0)
    expect(new Set(at.receivedIds().slice(before))).toEqual(new Set(odd))
    await done(at, 'check')
  })
})

describe('the holder is killed while a command follows it', () => {
  it('what is done in a moment, the command does itself', async () => {
    const { code, out, err } = await askedOfOneThatIsKilled(['destinations', 'disable', 'siem'])
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('siem: disabled')
    expect(await requestsOf(at)).toMatchObject([
      { id: 2, state: 'done', asked: { kind: 'disable_destination' } },
      { id: 1, state: 'done' },
    ])
    await done(at, 'check')
  })

  it('a replay would keep the next relay out: the command says what happened, and the next holder completes it', async () => {
    const { code, out, err } = await askedOfOneThatIsKilled(['dlq', 'replay', '--all'])
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(
      /the relay ended before request 2 was done; it is kept, and the next "audit-relay run" goes on with it/,
    )
    expect((await command(at, 'run', '--once')).code).toBe(0)
    expect(await requestsOf(at)).toMatchObject([
      { id: 2, state: 'done' },
      { id: 1, state: 'done' },
    ])
    expect(await balanceOf(at, 'siem')).toMatchObject({ dead: 0, delivered: 20, balanced: true })
    await done(at, 'check')
  })

  /** A relay is asked, and killed before it has begun with it. */
  async function askedOfOneThatIsKilled(args: string[]): Promise<Ended> {
    await buryOddOnes(20)
    at.receiver.answer({})
    const relay = at.start(['run', '--log-format', 'json'])
    await relay.logged('relay_started')
    await done(at, 'sources', 'enable', 'app')
    // It holds the state and does nothing any more: what is asked now is written down, and no more.
    do {
      relay.signal('SIGCONT')
      relay.signal('SIGSTOP')
    } while (!canWrite(at.file('state.db')))
    const asking = at.start(args)
    await asking.sees(
      until(
        () => requestsOf(at),
        (all) => all.length > 1,
      ).then(() => {}),
    )
    relay.signal('SIGKILL')
    await relay.ended
    return asking.ended
  }
})

describe('a command is killed in the middle of dropping 50,000 events', () => {
  const waiting = 50_000
  const inject = (call: string, nth: number): string[] => ['-e', `inject=${call}:signal=KILL:when=${nth}`]

  function traced(folder: string, more: readonly string[]): { status: number | null; calls: string[] } {
    const log = path.join(folder, 'strace')
    const relay = [path.resolve('bin/audit-relay.js'), 'destinations', 'disable', 'siem', '--discard', '--yes']
    const under = ['-f', '-y', '-e', 'trace=pwrite64,fdatasync,fsync', ...more, '-o', log, process.execPath]
    const { status } = spawnSync('strace', [...under, ...relay], { cwd: folder, stdio: 'ignore' })
    const calls = fs.readFileSync(log, 'utf8').split('\n')
    return { status, calls: calls.filter((line) => /(pwrite64|fdatasync|fsync)\(\d+<[^>]*state\.db/.test(line)) }
  }

  it.skipIf(!canTrace())(
    'killed at a write, all or nothing is dropped, and the next holder does what was asked (needs strace)',
    async () => {
      at.configure({ siem: at.webhook(quick) })
      await done(at, 'run', '--once')
      await done(at, 'destinations', 'disable', 'siem')
      at.append(...events(0, waiting))
      await done(at, 'run', '--once')
      expect(await balanceOf(at, 'siem')).toMatchObject({ waiting })
      const prepared = `${at.folder}-prepared`
      fs.cpSync(at.folder, prepared, { recursive: true })
      const again = (): void => {
        fs.rmSync(at.folder, { recursive: true })
        fs.cpSync(prepared, at.folder, { recursive: true })
      }
      try {
        const whole = traced(at.folder, [])
        const writes = whole.calls.filter((line) => line.includes('pwrite64')).length
        expect(whole.status).toBe(0)
        expect(await balanceOf(at, 'siem')).toMatchObject({ waiting: 0, dropped: waiting })
        const outcomes = new Set<number>()
        const some = new Set([...Array.from({ length: 9 }, (_, index) => 1 + Math.floor((index * writes) / 9)), writes])
        for (const nth of some) {
          again()
          expect(traced(at.folder, inject('pwrite64', nth)).status).not.toBe(0)
          const left = await balanceOf(at, 'siem')
          outcomes.add(left.dropped)
          expect([nth, left.dropped + left.waiting, left.balanced]).toEqual([nth, waiting, true])
          expect([0, waiting]).toContain(left.dropped)
          await done(at, 'check')
          const discard = async () =>
            (await requestsOf(at)).find(({ asked: { kind }, id }) => kind === 'disable_destination' && id > 1)
          const asked = (await discard()) !== undefined
          await done(at, 'run', '--once')
          expect([nth, (await balanceOf(at, 'siem')).dropped]).toEqual([nth, asked ? waiting : 0])
          if (asked) expect((await discard())?.text).toContain('disabled; 50,000 events dropped')
        }
        expect(outcomes).toEqual(new Set([0, waiting]))
      } finally {
        fs.rmSync(prepared, { recursive: true })
      }
    },
  )
})

/**
 * What a program in a process of its own finds of the newest request, and whether it could have the state for itself alone. An older SQLite
 * takes the log away when it closes a state that it could have alone; the one that is here notices, and leaves it.
 */
async function lookFromElsewhere(state: string): Promise<string> {
  const script = `
    import Database from 'better-sqlite3'
    const newest = (db) => db.prepare('SELECT state FROM request ORDER BY id DESC').pluck().get()
    const looking = new Database(process.argv[1])
    const found = newest(looking)
    looking.close()
    const alone = new Database(process.argv[1], { timeout: 0 })
    alone.pragma('locking_mode = EXCLUSIVE')
    try {
      console.log(found, 'alone:', newest(alone))
    } catch ({ code }) {
      console.log(found, code)
    }`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, '--', state])
  return stdout.trim()
}

/** Whether nobody was stopped in the middle of a write. */
function canWrite(state: string): boolean {
  const db = new Database(state, { timeout: 100 })
  try {
    db.exec('BEGIN IMMEDIATE; ROLLBACK')
    return true
  } catch {
    return false
  } finally {
    db.close()
  }
}

function canTrace(): boolean {
  try {
    execFileSync('strace', ['-o', '/dev/null', 'true'])
    return true
  } catch {
    return false
  }
}
