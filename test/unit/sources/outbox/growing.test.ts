// One file that grows: what is a line, and what happens to the file under the reader's hands.
import fs from 'node:fs'
import { describe, expect, test } from 'vitest'
import { line, lines, Workspace } from './workspace.ts'

/** Until the file system's clock has moved: it is coarse, and two files made in one tick have the same birth time. */
async function tick(): Promise<void> {
  using work = new Workspace()
  work.write('first', '')
  const { birthtimeNs } = fs.statSync(work.at('first'), { bigint: true })
  for (let now = birthtimeNs; now === birthtimeNs; now = fs.statSync(work.at('next'), { bigint: true }).birthtimeNs) {
    fs.rmSync(work.at('next'), { force: true })
    work.write('next', '')
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

describe('lines', () => {
  test('row 73: a partial last line waits for its newline', async () => {
    using work = new Workspace()
    work.write('app.jsonl', `${lines('a')}${line('b').slice(0, 30)}`)
    work.open({ path: 'app.jsonl' })
    expect((await work.read()).ids).toEqual(['a'])
    await work.clock.advance(600_000)
    expect((await work.read()).ids).toEqual([])
    work.append('app.jsonl', line('b').slice(30))
    expect((await work.read()).ids).toEqual([])
    work.append('app.jsonl', '\n')
    const got = await work.read()
    expect([got.ids, got.quarantined]).toEqual([['b'], []])
  })

  test('CR LF, empty lines, blank lines and a BOM at the start are no content', async () => {
    using work = new Workspace()
    work.write('app.jsonl', `\ufeff${line('a')}\r\n\r\n\n   \t\n${line('b')}\r\n`)
    work.open({ path: 'app.jsonl' })
    const got = await work.read()
    expect([got.ids, got.quarantined]).toEqual([['a', 'b'], []])
  })

  test('a line ended by CR LF and one ended by LF are the same content', async () => {
    using work = new Workspace()
    work.write('app.jsonl', `${line('a')}\r\n${line('a')}\n`)
    work.open({ path: 'app.jsonl' })
    const prints = Buffer.from((await work.read()).first?.page().fingerprints ?? [])
    expect(prints.subarray(0, 8)).toEqual(prints.subarray(8, 16))
  })

  test('a file with nothing but part of a BOM waits', async () => {
    using work = new Workspace()
    work.write('app.jsonl', Buffer.of(0xef, 0xbb))
    work.open({ path: 'app.jsonl' })
    expect((await work.read()).quarantined).toEqual([])
    work.append('app.jsonl', Buffer.concat([Buffer.of(0xbf), Buffer.from(lines('a'))]))
    expect((await work.read()).ids).toEqual(['a'])
  })

  test('rows 38-41: what cannot become an event is quarantined with its bytes and place, and blocks nothing', async () => {
    using work = new Workspace()
    const deep = `{"event_id":"x","d":${'['.repeat(300)}${']'.repeat(300)}}`
    const bad = Buffer.concat([Buffer.from('{"event_id":"'), Buffer.of(0xff, 0xfe), Buffer.from('"}')])
    const parts = [lines('a'), 'not json\n', '[1]\n', `${deep}\n`, bad, '\n', '{"event_id":"only"}\n', lines('z')]
    work.write('app.jsonl', Buffer.concat(parts.map((part) => Buffer.from(part))))
    work.open({ path: 'app.jsonl' })
    const got = await work.read()
    expect(got.ids).toEqual(['a', 'z'])
    expect(got.quarantined.map(({ reason }) => reason)).toEqual([
      'not_json',
      'not_an_object',
      'too_deep',
      'invalid_utf8',
      'unmappable',
    ])
    expect(got.quarantined.map(({ bytes }) => Buffer.from(bytes))).toEqual([
      Buffer.from('not json'),
      Buffer.from('[1]'),
      Buffer.from(deep),
      bad,
      Buffer.from('{"event_id":"only"}'),
    ])
    expect(got.quarantined[0]?.place).toBe(`${work.at('app.jsonl')} at byte ${lines('a').length}`)
    expect(got.quarantined[4]?.detail).toContain('fields')
  })

  test('row 36: a line over the limit is quarantined with its first 64 KiB, however long it is, and the next is read', async () => {
    using work = new Workspace()
    const long = `{"event_id":"${'x'.repeat(5_000_000)}"}`
    work.write('app.jsonl', `${lines('a')}${long}\n${lines('b')}`)
    work.open({ path: 'app.jsonl' })
    const got = await work.read()
    expect(got.ids).toEqual(['a', 'b'])
    expect(got.quarantined.map(({ reason, bytes }) => [reason, bytes.length])).toEqual([['too_large', 65_536]])
    expect(Buffer.from(got.quarantined[0]?.bytes ?? []).toString()).toBe(long.slice(0, 65_536))
    expect(got.quarantined[0]?.place).toContain(`at byte ${lines('a').length}`)
  })

  test('a line over the limit that is still being written is skipped to its end, through a restart', async () => {
    using work = new Workspace()
    work.write('app.jsonl', `${lines('a')}${'x'.repeat(3000)}`)
    work.open({ path: 'app.jsonl', max_line: '1KiB' })
    const before = await work.read()
    expect([before.ids, before.quarantined.length]).toEqual([['a'], 1])
    work.reopen()
    work.append('app.jsonl', `${'x'.repeat(3000)}\n${lines('b')}`)
    const after = await work.read()
    expect([after.ids, after.quarantined]).toEqual([['b'], []])
  })

  test.each([0, 1, 2])('the limit itself is allowed: %i bytes beside it', async (beyond) => {
    using work = new Workspace()
    const empty = line('a', { data: { x: '' } })
    const exact = line('a', { data: { x: 'y'.repeat(1024 - empty.length + beyond) } })
    work.write('app.jsonl', `${exact}\r\n`)
    work.open({ path: 'app.jsonl', max_line: '1KiB' })
    const got = await work.read()
    expect([got.ids.length, got.quarantined.length]).toEqual(beyond === 0 ? [1, 0] : [0, 1])
  })

  test('lines longer than a fair share are read although others wait', async () => {
    using work = new Workspace()
    const big = line('big', { data: { x: 'y'.repeat(900_000) } })
    for (const name of ['1', '2', '3']) work.write(`${name}.jsonl`, `${big}\n${lines(`small-${name}`)}`)
    work.open({ path: '*.jsonl' })
    const got = await work.read()
    expect([...got.ids].toSorted()).toEqual(['big', 'big', 'big', 'small-1', 'small-2', 'small-3'])
  })

  test('a hole of NUL bytes before a line is no content', async () => {
    using work = new Workspace()
    work.write('app.jsonl', Buffer.concat([Buffer.alloc(3_000_000), Buffer.from(lines('a', 'b'))]))
    work.open({ path: 'app.jsonl' })
    const got = await work.read()
    expect([got.ids, got.quarantined]).toEqual([['a', 'b'], []])
  })

  test('more lines than a page holds come in bounded pages, in order, the last line too', async () => {
    using work = new Workspace()
    const ids = Array.from({ length: 4321 }, (_, index) => `e${index}`)
    work.write('app.jsonl', lines(...ids))
    work.open({ path: 'app.jsonl' })
    const got = await work.read()
    expect(got.ids).toEqual(ids)
    expect(got.pages).toBe(5)
  })
})

describe('the file', () => {
  test('what is appended is read, and nothing twice', async () => {
    using work = new Workspace()
    work.open({ path: 'app.jsonl' })
    expect((await work.read()).ids).toEqual([])
    expect(work.codes()).toEqual(['warning waiting_for_file'])
    work.write('app.jsonl', lines('a'))
    expect((await work.read()).ids).toEqual(['a'])
    work.append('app.jsonl', lines('b'))
    expect((await work.read()).ids).toEqual(['b'])
    expect((await work.read()).pages).toBe(0)
    work.reopen()
    expect((await work.read()).ids).toEqual([])
  })

  test('rotation by rename: what was written to the old file after it is read, in the same process', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a'))
    work.open({ path: 'app.jsonl' })
    await work.read()
    work.append('app.jsonl', lines('b'))
    fs.renameSync(work.at('app.jsonl'), work.at('app.jsonl.1'))
    work.append('app.jsonl.1', lines('c'))
    work.write('app.jsonl', lines('d'))
    expect([...(await work.read()).ids].toSorted()).toEqual(['b', 'c', 'd'])
    work.append('app.jsonl.1', lines('e'))
    expect((await work.read()).ids).toEqual(['e'])
  })

  test('rotation while the relay was off: the old file is found by its inode under its new name', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a'))
    work.open({ path: 'app.jsonl' })
    await work.read()
    await work.source?.close()
    work.append('app.jsonl', lines('b'))
    fs.renameSync(work.at('app.jsonl'), work.at('app.jsonl.1'))
    work.write('app.jsonl', lines('c'))
    work.reopen()
    expect([...(await work.read()).ids].toSorted()).toEqual(['b', 'c'])
    expect(work.codes()).toEqual([])
  })

  test.each(['app.jsonl.%', 'app.jsonl-%', 'app-%.jsonl'])(
    'rotated more than once unseen, as %s: every file in between is read, those from before are not',
    async (form) => {
      using work = new Workspace()
      const rotated = (name: string): string => work.at(form.replace('%', name))
      work.write(form.replace('%', '0'), lines('before'))
      await tick()
      work.write('app.jsonl', lines('a'))
      work.open({ path: 'app.jsonl' })
      expect((await work.read()).ids).toEqual(['a'])
      await work.source?.close()
      for (const [index, id] of ['b', 'c', 'd'].entries()) {
        fs.renameSync(work.at('app.jsonl'), rotated(String(index + 1)))
        work.write('app.jsonl', lines(id))
      }
      work.write('app-errors.jsonl', lines('unrelated'))
      work.reopen()
      expect([...(await work.read()).ids].toSorted()).toEqual(['b', 'c', 'd'])
      await work.clock.advance(2000)
      expect((await work.read()).ids).toEqual([])
    },
  )

  test('a file that was empty when it was last seen, and rotated while the relay was off, is read', async () => {
    using work = new Workspace()
    work.write('app.jsonl', '')
    work.open({ path: 'app.jsonl' })
    await work.read()
    work.append('app.jsonl', lines('a'))
    fs.renameSync(work.at('app.jsonl'), work.at('app.jsonl.1'))
    work.reopen()
    expect((await work.read()).ids).toEqual(['a'])
  })

  test('truncated and then rotated while the relay was off: still the same file, read as a new generation', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a'))
    work.open({ path: 'app.jsonl' })
    await work.read()
    fs.truncateSync(work.at('app.jsonl'), 0)
    work.append('app.jsonl', lines('b', 'c'))
    fs.renameSync(work.at('app.jsonl'), work.at('app.jsonl.1'))
    work.reopen()
    expect((await work.read()).ids).toEqual(['b', 'c'])
  })

  test('the last line of a rotated file counts without its newline once nobody writes any more', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a'))
    work.open({ path: 'app.jsonl' })
    await work.read()
    work.append('app.jsonl', line('b'))
    fs.renameSync(work.at('app.jsonl'), work.at('app.jsonl.1'))
    expect((await work.read()).ids).toEqual([])
    await work.clock.advance(4000)
    expect((await work.read()).ids).toEqual([])
    await work.clock.advance(2000)
    expect((await work.read()).ids).toEqual(['b'])
    await work.clock.advance(2000)
    expect((await work.read()).ids).toEqual([])
  })

  test('a file that is deleted unread is drained through the open descriptor', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a'))
    work.open({ path: 'app.jsonl' })
    await work.read()
    work.append('app.jsonl', lines('b'))
    fs.unlinkSync(work.at('app.jsonl'))
    expect((await work.read()).ids).toEqual(['b'])
  })

  test('a file that is deleted unread while the relay is off is said to be lost', async () => {
    using work = new Workspace()
    work.write('app.jsonl', `${lines('a', 'b')}${line('c').slice(0, 20)}`)
    work.open({ path: 'app.jsonl' })
    await work.read()
    work.append('app.jsonl', `${line('c').slice(20)}\n`)
    await work.clock.advance(61_000)
    work.notices.length = 0
    void work.source?.close()
    work.reopen()
    fs.unlinkSync(work.at('app.jsonl'))
    await work.read()
    expect(work.codes()).toContain('error file_lost')
  })

  test('a file that is deleted when all of it was read is information', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a'))
    work.open({ path: 'app.jsonl' })
    await work.read()
    work.reopen()
    fs.unlinkSync(work.at('app.jsonl'))
    await work.read()
    expect(work.codes()).toEqual(['warning waiting_for_file', 'info file_deleted'])
  })

  test('a file replaced under its name is a new file, and the old one is read to its end', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a'))
    work.open({ path: 'app.jsonl' })
    await work.read()
    work.append('app.jsonl', lines('b'))
    work.write('new', lines('c'))
    fs.renameSync(work.at('new'), work.at('app.jsonl'))
    expect([...(await work.read()).ids].toSorted()).toEqual(['b', 'c'])
  })

  test('truncated to nothing, then written again: a new generation from byte 0', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a', 'b'))
    work.open({ path: 'app.jsonl' })
    await work.read()
    fs.truncateSync(work.at('app.jsonl'), 0)
    expect((await work.read()).ids).toEqual([])
    work.append('app.jsonl', lines('c'))
    expect((await work.read()).ids).toEqual(['c'])
    expect(work.codes()).toEqual(['warning file_restarted'])
  })

  test.each(['running', 'restarted'])('truncated and grown beyond the old offset unseen (%s)', async (how) => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a'))
    work.open({ path: 'app.jsonl' })
    await work.read()
    fs.truncateSync(work.at('app.jsonl'), 0)
    work.append('app.jsonl', lines('c', 'd', 'e'))
    if (how === 'restarted') work.reopen()
    expect((await work.read()).ids).toEqual(['c', 'd', 'e'])
    expect(work.codes()).toEqual(['warning file_restarted'])
  })

  test('truncated and grown again with the same beginning: known by what stands before the offset', async () => {
    using work = new Workspace()
    const banner = `${JSON.stringify({ event_id: 'banner', event_type: 'log.opened', occurred_at: '2026-05-17T08:00:00Z', data: { x: 'y'.repeat(300) } })}\n`
    work.write('app.jsonl', `${banner}${lines('a')}`)
    work.open({ path: 'app.jsonl' })
    await work.read()
    fs.truncateSync(work.at('app.jsonl'), 0)
    work.append('app.jsonl', `${banner}${lines('c', 'd')}`)
    expect((await work.read()).ids).toEqual(['banner', 'c', 'd'])
  })

  test('truncated and grown again with the same content before the offset: known by its beginning', async () => {
    using work = new Workspace()
    const banner = `${line('banner', { data: { x: 'y'.repeat(1200) } })}\n`
    work.write('app.jsonl', `${lines('a')}${banner}`)
    work.open({ path: 'app.jsonl' })
    await work.read()
    fs.truncateSync(work.at('app.jsonl'), 0)
    work.append('app.jsonl', `${lines('c')}${banner}${lines('d')}`)
    expect((await work.read()).ids).toEqual(['c', 'banner', 'd'])
  })

  test('copy-truncate with a writer that keeps its position leaves a hole, which is skipped', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a', 'b'))
    const writer = fs.openSync(work.at('app.jsonl'), 'r+')
    work.open({ path: 'app.jsonl' })
    await work.read()
    fs.truncateSync(work.at('app.jsonl'), 0)
    fs.writeSync(writer, lines('c'), lines('a', 'b').length)
    fs.closeSync(writer)
    const got = await work.read()
    expect([got.ids, got.quarantined]).toEqual([['c'], []])
  })

  test('an inode number that is used again belongs to another file', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a'))
    work.open({ path: 'app.jsonl' })
    await work.read()
    const { ino } = fs.statSync(work.at('app.jsonl'))
    work.reopen()
    fs.unlinkSync(work.at('app.jsonl'))
    work.write('app.jsonl', lines('bb'))
    // Most file systems give the number out again at once; where not, the file is new in any case.
    const reused = fs.statSync(work.at('app.jsonl')).ino === ino
    expect((await work.read()).ids, `reused: ${reused}`).toEqual(['bb'])
  })

  test('another device number after a restart of the machine is the same file', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a'))
    work.open({ path: 'app.jsonl' })
    await work.read()
    for (const [part, value] of work.cursors) {
      const saved = JSON.parse(value) as { inode: string }
      work.cursors.set(part, JSON.stringify({ ...saved, inode: `99999:${saved.inode.split(':')[1]}` }))
    }
    work.append('app.jsonl', lines('b'))
    work.reopen()
    expect((await work.read()).ids).toEqual(['b'])
    expect(work.cursors.size).toBe(1)
  })

  test('a cursor that cannot be read stops the source with a sentence instead of sending everything again', async () => {
    using work = new Workspace()
    work.write('app.jsonl', lines('a'))
    work.open({ path: 'app.jsonl' })
    work.cursors.set('1-2-3', '{"v":9}')
    await expect(work.read()).rejects.toThrow(/part 1-2-3 cannot be read/u)
  })
})
