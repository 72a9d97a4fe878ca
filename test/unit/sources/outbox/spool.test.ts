// A spool folder: files that are finished when they appear, and are given back when they are settled.
import fs from 'node:fs'
import { describe, expect, test } from 'vitest'
import { giveBack } from '../../../../src/sources/outbox/release.ts'
import { OutboxFile } from '../../../../src/sources/outbox/outbox-file.ts'
import { line, lines, Workspace } from './workspace.ts'

function drop(work: Workspace, name: string, text: string): void {
  work.write(`elsewhere/${name}`, text)
  fs.mkdirSync(work.at('spool'), { recursive: true })
  fs.renameSync(work.at(`elsewhere/${name}`), work.at(`spool/${name}`))
}

describe('reading', () => {
  test('files are final at once: the last line needs no newline; unfinished names and folders are left alone', async () => {
    using work = new Workspace()
    drop(work, '1.json', `${lines('a')}${line('b')}`)
    for (const name of ['.hidden', 'x.tmp', 'y.part']) work.write(`spool/${name}`, lines(name))
    work.open({ path: 'spool' })
    expect((await work.read()).ids).toEqual(['a', 'b'])
    drop(work, '2.json', line('c'))
    expect((await work.read()).ids).toEqual(['c'])
    work.reopen()
    expect((await work.read()).ids).toEqual([])
  })

  test('a page that is full in front of the last line without a newline does not lose that line', async () => {
    using work = new Workspace()
    const ids = Array.from({ length: 1000 }, (_, index) => `e${index}`)
    drop(work, '1.json', `${lines(...ids)}${line('last')}`)
    work.open({ path: 'spool' })
    expect((await work.read()).ids).toEqual([...ids, 'last'])
  })

  test('an unfinished name that becomes final is read; an empty file is done', async () => {
    using work = new Workspace()
    work.write('spool/1.json.tmp', lines('a'))
    drop(work, 'empty', '')
    work.open({ path: 'spool', on_done: 'delete' })
    expect((await work.read()).ids).toEqual([])
    fs.renameSync(work.at('spool/1.json.tmp'), work.at('spool/1.json'))
    expect((await work.read()).ids).toEqual(['a'])
    await work.release()
    expect(fs.readdirSync(work.at('spool'))).toEqual([])
  })

  test('thousands of empty files are done in pages of bounded size', async () => {
    using work = new Workspace()
    for (let index = 0; index < 2500; index++) work.write(`spool/${index}`, '')
    work.open({ path: 'spool', on_done: 'delete' })
    for await (const page of work.pages()) {
      expect(page.cursors.length).toBeLessThanOrEqual(1000)
      work.commit(page)
    }
    expect(work.source?.releasable?.().length).toBe(2500)
  })

  test('a link in a spool folder is refused: it could lead anywhere', async () => {
    using work = new Workspace()
    work.write('secret', lines('secret'))
    fs.mkdirSync(work.at('spool'))
    fs.symlinkSync(work.at('secret'), work.at('spool/link'))
    work.open({ path: 'spool' })
    expect((await work.read()).ids).toEqual([])
    expect(work.notices[0]?.text).toContain('a link in a spool folder is not read')
  })

  test('the same name again, and the same content again, are other files', async () => {
    using work = new Workspace()
    work.open({ path: 'spool/' })
    for (const round of [1, 2, 3]) {
      drop(work, 'events.json', lines('same'))
      expect((await work.read()).ids, `round ${round}`).toEqual(['same'])
      fs.unlinkSync(work.at('spool/events.json'))
      await work.clock.advance(1000)
    }
  })

  test('what is appended to a finished file is read all the same', async () => {
    using work = new Workspace()
    drop(work, '1.json', lines('a'))
    work.open({ path: 'spool' })
    await work.read()
    work.append('spool/1.json', lines('b'))
    await work.clock.advance(1000)
    expect((await work.read()).ids).toEqual(['b'])
  })
})

describe('giving back', () => {
  test('delete: only what was read to its end, and its cursor is forgotten with it', async () => {
    using work = new Workspace()
    drop(work, '1.json', lines('a'))
    work.open({ path: 'spool', on_done: 'delete' })
    expect(work.source?.releasable?.()).toEqual([])
    await work.read()
    expect(work.source?.releasable?.().length).toBe(1)
    drop(work, '2.json', lines('b'))
    await work.release()
    expect(fs.readdirSync(work.at('spool'))).toEqual(['2.json'])
    expect(work.cursors.size).toBe(0)
    expect((await work.read()).ids).toEqual(['b'])
    await work.release()
    expect((await work.read()).pages).toBe(0)
    expect([fs.readdirSync(work.at('spool')), work.cursors.size]).toEqual([[], 0])
  })

  test('a restart between reading and giving back changes nothing', async () => {
    using work = new Workspace()
    drop(work, '1.json', lines('a'))
    work.open({ path: 'spool', on_done: 'delete' })
    await work.read()
    work.reopen()
    expect((await work.read()).ids).toEqual([])
    await work.release()
    expect(fs.readdirSync(work.at('spool'))).toEqual([])
  })

  test('move: never over another file', async () => {
    using work = new Workspace()
    fs.mkdirSync(work.at('spool/done'), { recursive: true })
    work.write('spool/done/1.json', 'older')
    drop(work, '1.json', lines('a'))
    work.open({ path: 'spool', on_done: { move: 'spool/done' } })
    await work.read()
    await work.release()
    expect(fs.readdirSync(work.at('spool'))).toEqual(['done'])
    expect(fs.readFileSync(work.at('spool/done/1.json'), 'utf8')).toBe('older')
    expect(fs.readFileSync(work.at('spool/done/1.json.1'), 'utf8')).toBe(lines('a'))
    expect(work.codes()).toEqual([])
  })

  test('move to another file system: copied whole, then removed', async () => {
    using work = new Workspace()
    const other = fs.statSync('/dev/shm', { throwIfNoEntry: false })
    if (!other || other.dev === fs.statSync(work.folder).dev) return
    const done = fs.mkdtempSync('/dev/shm/outbox-')
    try {
      drop(work, '1.json', lines('a'))
      work.open({ path: 'spool', on_done: { move: done } })
      await work.read()
      await work.release()
      expect(fs.readdirSync(done)).toEqual(['1.json'])
      expect(fs.readFileSync(`${done}/1.json`, 'utf8')).toBe(lines('a'))
      expect(fs.readdirSync(work.at('spool'))).toEqual([])
    } finally {
      fs.rmSync(done, { recursive: true })
    }
  })

  test('a file that changed since it was read is kept, said, and read again', async () => {
    using work = new Workspace()
    drop(work, '1.json', lines('a'))
    work.open({ path: 'spool', on_done: 'delete' })
    await work.read()
    const parts = work.source?.releasable?.() ?? []
    work.append('spool/1.json', lines('b'))
    expect(await work.source?.release?.(parts, new AbortController().signal)).toEqual([])
    expect(work.codes()).toEqual(['warning changed_before_release'])
    await work.clock.advance(1000)
    expect((await work.read()).ids).toEqual(['b'])
    await work.release()
    expect(fs.readdirSync(work.at('spool'))).toEqual([])
  })

  test('another file that took the name is kept', async () => {
    using work = new Workspace()
    drop(work, '1.json', lines('a'))
    work.open({ path: 'spool', on_done: 'delete' })
    await work.read()
    const parts = work.source?.releasable?.() ?? []
    drop(work, '1.json', lines('b'))
    await work.source?.release?.(parts, new AbortController().signal)
    expect(fs.readFileSync(work.at('spool/1.json'), 'utf8')).toBe(lines('b'))
    await work.clock.advance(1000)
    expect((await work.read()).ids).toEqual(['b'])
  })

  test('a folder that cannot be moved to is an error, and the file stays where it is', async () => {
    using work = new Workspace()
    drop(work, '1.json', lines('a'))
    work.open({ path: 'spool', on_done: { move: 'missing' } })
    await work.read()
    await work.release()
    expect(work.codes()).toEqual(['error release_failed'])
    expect(fs.readdirSync(work.at('spool'))).toEqual(['1.json'])
    fs.mkdirSync(work.at('missing'))
    await work.clock.advance(1000)
    expect((await work.read()).ids).toEqual([])
    await work.release()
    expect(fs.readdirSync(work.at('missing'))).toEqual(['1.json'])
    expect(work.cursors.size).toBe(0)
  })

  test('a release that was cut off by a crash is undone and done again', async () => {
    using work = new Workspace()
    drop(work, '1.json', lines('a'))
    work.open({ path: 'spool', on_done: 'delete' })
    await work.read()
    const [part] = work.cursors.keys()
    fs.renameSync(work.at('spool/1.json'), work.at(`spool/.audit-relay-${part}`))
    work.reopen()
    expect((await work.read()).ids).toEqual([])
    await work.clock.advance(1000)
    expect((await work.read()).ids).toEqual([])
    await work.release()
    expect([fs.readdirSync(work.at('spool')), work.cursors.size]).toEqual([[], 0])
  })

  test.each([
    ['nothing', true, () => {}],
    [
      'another file of the same size and time',
      false,
      (path: string) => {
        fs.renameSync(path, `${path}.old`)
        fs.writeFileSync(path, 'y')
        fs.utimesSync(path, 1000, 1000)
      },
    ],
    ['the time', false, (path: string) => fs.utimesSync(path, 1000, 2000)],
    [
      'the size',
      false,
      (path: string) => {
        fs.appendFileSync(path, 'y')
        fs.utimesSync(path, 1000, 1000)
      },
    ],
    [
      'a link in its place',
      false,
      (path: string) => {
        fs.renameSync(path, `${path}.old`)
        fs.symlinkSync(`${path}.old`, path)
      },
    ],
  ])('when %s changed, giving back is %s', (_, expected, change) => {
    using work = new Workspace()
    work.write('spool/1', 'x')
    const path = work.at('spool/1')
    fs.utimesSync(path, 1000, 1000)
    const file = OutboxFile.found(path, fs.statSync(path, { bigint: true }), 0)
    expect(giveBack(file, 'delete')).toBe(false)
    file.reachEnd(file.size, file.mtime)
    change(path)
    expect(giveBack(file, 'delete')).toBe(expected)
    expect(fs.existsSync(path)).toBe(!expected)
  })

  test('on_done and a plain file: kept, and said', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a'))
    work.open({ path: 'app.jsonl', on_done: 'delete' })
    expect((await work.read()).ids).toEqual(['a'])
    await work.release()
    expect([fs.existsSync(work.at('app.jsonl')), work.codes()]).toEqual([true, ['error on_done_ignored']])
  })

  test('keep: files that are taken away by others are forgotten without a word', async () => {
    using work = new Workspace()
    drop(work, '1.json', lines('a'))
    work.open({ path: 'spool' })
    await work.read()
    await work.release()
    expect(fs.readdirSync(work.at('spool'))).toEqual(['1.json'])
    fs.unlinkSync(work.at('spool/1.json'))
    await work.read()
    await work.clock.advance(3_600_001)
    await work.read()
    expect([work.cursors.size, work.codes()]).toEqual([0, []])
  })
})
