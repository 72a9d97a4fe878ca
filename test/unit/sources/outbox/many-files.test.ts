// Patterns, thousands of files, and files that cannot be read: none holds up the others.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { Notices } from '../../../../src/sources/outbox/notices.ts'
import { Scan } from '../../../../src/sources/outbox/scan.ts'
import { eventsOf, line, lines, Workspace } from './workspace.ts'

/** Root reads everything: as root, the file system is asked as somebody else. */
async function asNobody<Result>(work: Workspace, action: () => Promise<Result>): Promise<Result> {
  if (process.getuid?.() !== 0) return action()
  fs.chmodSync(work.folder, 0o755)
  process.seteuid?.(65_534)
  try {
    return await action()
  } finally {
    process.seteuid?.(0)
  }
}

function openDescriptors(): number {
  return fs.readdirSync('/proc/self/fd').length
}

/** Node has no call for it. */
const makePipe = 'mkfifo "$0"'

describe('patterns', () => {
  test('* fits one name, ** any folders; hidden names and other endings are left alone', async () => {
    using work = new Workspace()
    work.write('out/a.jsonl', lines('a'))
    work.write('out/.hidden.jsonl', lines('hidden'))
    work.write('out/b.log', lines('log'))
    work.write('out/deep/er/c.jsonl', lines('c'))
    work.open({ path: './out/*.jsonl' })
    expect((await work.read()).ids).toEqual(['a'])
    work.cursors.clear()
    work.open({ path: './out/**/*.jsonl' })
    expect([...(await work.read()).ids].toSorted()).toEqual(['a', 'c'])
  })

  test('a file that appears, in a folder that appears, is found', async () => {
    using work = new Workspace()
    work.open({ path: 'out/*/*.jsonl' })
    expect((await work.read()).ids).toEqual([])
    expect(work.codes()).toEqual(['warning folder_unreadable'])
    work.write('out/2026-05-17/a.jsonl', lines('a'))
    expect((await work.read()).ids).toEqual(['a'])
    work.write('out/2026-05-17/b.jsonl', lines('b'))
    expect((await work.read()).ids).toEqual(['b'])
  })

  test('a folder that links to its parent does not make ** run for ever', async () => {
    using work = new Workspace()
    work.write('out/in/a.jsonl', lines('a'))
    fs.symlinkSync('..', work.at('out/in/up'))
    work.open({ path: 'out/**' })
    expect((await work.read()).ids).toEqual(['a'])
    expect(work.codes()).toEqual([])
    const scan = new Scan(new Notices(() => {}), new AbortController().signal)
    const listing = await scan.list(work.at('out/**'))
    expect([listing.files.length, listing.folders.size]).toEqual([1, 2])
  })

  test('links to files are followed, and two names of one file are read once', async () => {
    using work = new Workspace()
    work.write('real/a.log', lines('a'))
    fs.mkdirSync(work.at('out'))
    fs.symlinkSync(work.at('real/a.log'), work.at('out/link.jsonl'))
    fs.linkSync(work.at('real/a.log'), work.at('out/hard.jsonl'))
    work.open({ path: 'out/*.jsonl' })
    expect((await work.read()).ids).toEqual(['a'])
    work.append('real/a.log', `${lines('b')}${line('c')}`)
    expect((await work.read()).ids).toEqual(['b'])
    expect(work.cursors.size).toBe(1)
    // Another name is no rotation: the line that is being written is not cut.
    for (let second = 0; second < 8; second++) {
      await work.clock.advance(1000)
      expect((await work.read()).ids).toEqual([])
    }
  })

  test('renamed to a name that the pattern covers: not read again, and its cursor follows', async () => {
    using work = new Workspace()
    work.write('out/a.jsonl', lines('a'))
    work.open({ path: 'out/*.jsonl' })
    await work.read()
    fs.renameSync(work.at('out/a.jsonl'), work.at('out/z.jsonl'))
    expect((await work.read()).ids).toEqual([])
    work.append('out/z.jsonl', lines('b'))
    work.reopen()
    expect((await work.read()).ids).toEqual(['b'])
    expect(work.cursors.size).toBe(1)
  })

  test('a rotated copy that the pattern covers gives the same events again, for the store to know again', async () => {
    using work = new Workspace()
    work.write('out/a.jsonl', lines('a'))
    work.open({ path: 'out/a.jsonl*' })
    await work.read()
    fs.copyFileSync(work.at('out/a.jsonl'), work.at('out/a.jsonl.1'))
    fs.truncateSync(work.at('out/a.jsonl'), 0)
    work.append('out/a.jsonl', lines('b'))
    expect([...(await work.read()).ids].toSorted()).toEqual(['a', 'b'])
  })

  test('special files are refused with a notice, and nothing hangs', async () => {
    using work = new Workspace()
    work.write('out/a.jsonl', lines('a'))
    fs.mkdirSync(work.at('out/folder.jsonl'))
    execFileSync('sh', ['-c', makePipe, work.at('out/pipe.jsonl')])
    work.open({ path: 'out/*.jsonl' })
    expect((await work.read()).ids).toEqual(['a'])
    expect(work.notices.map(({ code, text }) => [code, text.slice(0, 12)])).toEqual(
      expect.arrayContaining([
        ['not_a_file', 'a folder is '],
        ['not_a_file', 'a named pipe'],
      ]),
    )
    expect(work.notices.length).toBe(2)
    await work.clock.advance(5000)
    await work.read()
    expect(work.notices.length).toBe(2)
  })

  test('a name that is not UTF-8 is read, and found again after a restart', async () => {
    using work = new Workspace()
    fs.mkdirSync(work.at('out'))
    const name = Buffer.concat([Buffer.from(work.at('out/caf')), Buffer.of(0xe9, 0xff), Buffer.from('.jsonl')])
    fs.writeFileSync(name, `${lines('a')}bad\n`)
    work.open({ path: 'out/*.jsonl' })
    const got = await work.read()
    expect([got.ids, got.quarantined.length]).toEqual([['a'], 1])
    expect(got.quarantined[0]?.place.isWellFormed()).toBe(true)
    fs.appendFileSync(name, lines('b'))
    work.reopen()
    expect((await work.read()).ids).toEqual(['b'])
  })
})

describe('many', () => {
  test('row 9: five thousand files are all read, with a bounded number of descriptors and pages', async () => {
    using work = new Workspace()
    fs.mkdirSync(work.at('out'))
    for (let index = 0; index < 5000; index++) work.write(`out/${index}.jsonl`, lines(`${index}-a`, `${index}-b`))
    work.open({ path: 'out/*.jsonl' })
    const before = openDescriptors()
    let most = 0
    let events = 0
    for await (const page of work.pages()) {
      events += page.draft.count
      expect(page.draft.count).toBeLessThanOrEqual(1002)
      expect(page.cursors.length).toBeLessThanOrEqual(1000)
      most = Math.max(most, openDescriptors() - before)
      work.commit(page)
    }
    expect(events).toBe(10_000)
    expect(most).toBeLessThanOrEqual(258)
    work.append('out/4711.jsonl', lines('late'))
    await work.clock.advance(1000)
    expect((await work.read()).ids).toEqual(['late'])
    expect((await work.read()).pages).toBe(0)
  })

  test('turns are fair: a small file is read although a large one has much more', async () => {
    using work = new Workspace()
    const large = Array.from({ length: 20_000 }, (_, index) => line(`large-${index}`, { data: { x: 'y'.repeat(500) } }))
    work.write('out/a-large.jsonl', `${large.join('\n')}\n`)
    work.write('out/b-small.jsonl', lines('small'))
    work.open({ path: 'out/*.jsonl' })
    const ids: string[] = []
    for await (const page of work.pages()) {
      ids.push(...eventsOf(page.draft).map((event) => event['event_id'] as string))
    }
    expect(ids.length).toBe(20_001)
    expect(ids.indexOf('small')).toBeLessThan(600)
  })

  test('a read ends at what was there when it began, although writers never pause', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('start'))
    work.open({ path: 'app.jsonl' })
    let pages = 0
    for await (const page of work.pages()) {
      work.commit(page)
      work.append('app.jsonl', lines(`more-${pages}`))
      expect(++pages).toBeLessThan(5)
    }
    expect(pages).toBe(1)
    expect((await work.read()).ids).toEqual(['more-0'])
  })

  test('in a long read a file that grows meanwhile gets its turn', async () => {
    using work = new Workspace()
    work.write('out/large.jsonl', lines(...Array.from({ length: 8000 }, (_, index) => `large-${index}`)))
    work.write('out/small.jsonl', lines('small'))
    work.open({ path: 'out/*.jsonl' })
    const ids: string[] = []
    let appended = false
    for await (const page of work.pages()) {
      ids.push(...eventsOf(page.draft).map((event) => event['event_id'] as string))
      if (!appended) work.append('out/small.jsonl', lines('late'))
      appended = true
      await work.clock.advance(1001)
    }
    expect(ids.length).toBe(8002)
    expect(ids.indexOf('late')).toBeLessThan(7999)
  })
})

describe('faults of single files', () => {
  test('a file without permission is an error said once; the others go on, and it is read when the right comes', async () => {
    using work = new Workspace()
    work.write('out/a.jsonl', lines('a'))
    work.write('out/secret.jsonl', lines('secret'))
    fs.chmodSync(work.at('out/secret.jsonl'), 0)
    work.open({ path: 'out/*.jsonl' })
    expect((await asNobody(work, () => work.read())).ids).toEqual(['a'])
    await work.clock.advance(1000)
    await asNobody(work, () => work.read())
    expect(work.codes()).toEqual(['error no_permission'])
    fs.chmodSync(work.at('out/secret.jsonl'), 0o644)
    await work.clock.advance(1000)
    expect((await asNobody(work, () => work.read())).ids).toEqual(['secret'])
    expect(work.codes()).toEqual(['error no_permission', 'info no_permission'])
  })

  test('hundreds of files without permission do not make hundreds of notices', async () => {
    using work = new Workspace()
    for (let index = 0; index < 200; index++) {
      work.write(`out/${index}.jsonl`, lines(`e${index}`))
      fs.chmodSync(work.at(`out/${index}.jsonl`), 0)
    }
    work.open({ path: 'out/*.jsonl' })
    await asNobody(work, () => work.read())
    await work.clock.advance(1000)
    await asNobody(work, () => work.read())
    expect(work.notices.length).toBe(51)
  })

  test('a folder that cannot be listed forgets nothing of its files', async () => {
    using work = new Workspace()
    work.write('out/a.jsonl', lines('a'))
    work.open({ path: 'out/*.jsonl' })
    await work.read()
    fs.chmodSync(work.at('out'), 0)
    work.reopen()
    await asNobody(work, () => work.read())
    await work.clock.advance(30 * 86_400_000)
    await asNobody(work, () => work.read())
    expect(work.codes()).toContain('error folder_unreadable')
    expect(work.cursors.size).toBe(1)
    fs.chmodSync(work.at('out'), 0o755)
    work.append('out/a.jsonl', lines('b'))
    await work.clock.advance(1000)
    expect((await work.read()).ids).toEqual(['b'])
  })

  test('row 9: with hardly any descriptors to be had, every file is read all the same', () => {
    using work = new Workspace()
    for (let index = 0; index < 200; index++) work.write(`out/${index}.jsonl`, lines(`e${index}`))
    const script = fileURLToPath(new URL('few-descriptors.ts', import.meta.url))
    const command = 'ulimit -n 40 && exec "$0" "$1" "$2"'
    const answer = execFileSync('sh', ['-c', command, process.execPath, script, work.at('out/*.jsonl')], {
      encoding: 'utf8',
    })
    expect(JSON.parse(answer)).toEqual({ events: 200, ran: 'short' })
  })
})

describe('cursors that are no longer needed', () => {
  test('a file that is gone and was read is forgotten after an hour, not before', async () => {
    using work = new Workspace()
    work.write('out/a.jsonl', lines('a'))
    work.write('out/b.jsonl', lines('b'))
    work.open({ path: 'out/*.jsonl' })
    await work.read()
    fs.unlinkSync(work.at('out/a.jsonl'))
    await work.read()
    await work.clock.advance(6000)
    await work.read()
    await work.clock.advance(3_500_000)
    await work.read()
    work.reopen()
    await work.read()
    expect(work.cursors.size).toBe(2)
    await work.clock.advance(200_000)
    await work.read()
    expect(work.cursors.size).toBe(1)
    work.append('out/b.jsonl', lines('c'))
    await work.clock.advance(1000)
    expect((await work.read()).ids).toEqual(['c'])
  })

  test('a volume that is not mounted is not a deleted file: its progress is kept', async () => {
    using work = new Workspace()
    work.write('out/a.jsonl', lines('a'))
    work.open({ path: 'out/*.jsonl' })
    await work.read()
    for (const [part, value] of work.cursors) {
      const saved = JSON.parse(value) as { inode: string }
      work.cursors.set(part, JSON.stringify({ ...saved, inode: '99999:7' }))
    }
    fs.rmSync(work.at('out'), { recursive: true })
    work.reopen()
    await work.read()
    await work.clock.advance(2 * 3_600_000)
    await work.read()
    expect(work.cursors.size).toBe(1)
    await work.clock.advance(8 * 86_400_000)
    await work.read()
    expect(work.cursors.size).toBe(0)
  })

  test('rotated files are let go after a while, and the one that is written is kept', async () => {
    using work = new Workspace()
    work.open({ path: 'app.jsonl' })
    for (const id of ['a', 'b', 'c']) {
      work.write('app.jsonl', lines(id))
      expect((await work.read()).ids).toEqual([id])
      fs.renameSync(work.at('app.jsonl'), work.at(`app.jsonl.${id}`))
    }
    work.write('app.jsonl', line('d'))
    for (let hour = 0; hour < 3; hour++) {
      await work.read()
      await work.clock.advance(3_600_000)
    }
    await work.read()
    expect(work.cursors.size).toBe(1)
    work.append('app.jsonl', '\n')
    expect((await work.read()).ids).toEqual(['d'])
    expect(work.cursors.size).toBe(1)
  })
})
