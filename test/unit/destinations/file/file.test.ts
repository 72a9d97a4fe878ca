// The file kind on a real disk: what lies there afterwards, and what happens when others touch it.
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Destination } from '../../../../src/destinations/destination.ts'
import { file, fileKind } from '../../../../src/destinations/file/index.ts'
import type { Batch } from '../../../../src/model/batch.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { archivedIds, dataFiles } from '../../../fakes/archive-reader.ts'
import { batchNamed, batchOf, eventText } from '../../../fakes/batches.ts'
import { destinationTools } from '../../../fakes/destination-tools.ts'
import { faultyFiles } from '../../../fakes/faulty-files.ts'
import { TestClock } from '../../../fakes/test-clock.ts'

const { signal } = new AbortController()
const day = '2026-05-17.jsonl'
let folder: string
let clock: TestClock
const open: Destination[] = []

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'file-destination-')), 'archive')
  clock = new TestClock()
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((destination) => destination.close()))
  rmSync(join(folder, '..'), { recursive: true, force: true })
})

function opened(options: { gzip?: boolean; path?: string; name?: string } = {}, kind = file): Destination {
  const { name = 'archive', ...given } = options
  const destination = kind.open(kind.options.parse({ path: folder, ...given }), destinationTools({ clock, name }))
  open.push(destination)
  return destination
}

async function send(destination: Destination, batch: Batch): Promise<Verdict> {
  const outcome = await destination.send(batch, signal)
  if (!('verdicts' in outcome)) throw new Error('a file confirms at once')
  expect(outcome.verdicts).toHaveLength(batch.events.length)
  return outcome.verdicts[0] as Verdict
}

async function delivers(destination: Destination, batch: Batch): Promise<void> {
  expect(await send(destination, batch)).toEqual({ kind: 'delivered' })
}

const ids = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)

describe('what lies in the folder', () => {
  it('a line for each event, in a file of the day, readable by us alone', async () => {
    await delivers(opened(), batchNamed('a', 3))
    expect(archivedIds(folder)).toEqual(ids('a', 3))
    expect(dataFiles(folder)).toEqual([day])
    expect(readFileSync(join(folder, day), 'utf8').split('\n')[0]).toContain(
      '"stream":{"destination_id":"archive","attempt":1,',
    )
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(folder))
      expect(`${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`).toBe(`${name} 600`)
  })

  it('gzip: each batch a member, the file one valid .gz', async () => {
    const archive = opened({ gzip: true })
    for (const name of ['a', 'b', 'c']) await delivers(archive, batchNamed(name, 2))
    expect(dataFiles(folder)).toEqual([`${day}.gz`])
    expect(archivedIds(folder)).toEqual(['a', 'b', 'c'].flatMap((name) => ids(name, 2)))
  })

  it('a new file begins with the day in UTC, and with a change of gzip', async () => {
    const archive = opened()
    clock.jump(Date.UTC(2026, 4, 17, 23, 59, 59, 999) - clock.now())
    await delivers(archive, batchNamed('a', 1))
    clock.jump(1)
    await delivers(archive, batchNamed('b', 1))
    await archive.close()
    await delivers(opened({ gzip: true }), batchNamed('c', 1))
    expect(dataFiles(folder)).toEqual([day, '2026-05-18.jsonl', '2026-05-18.jsonl.gz'])
  })

  it('a file goes on after a restart', async () => {
    for (const name of ['a', 'b', 'c']) {
      const archive = opened()
      await delivers(archive, batchNamed(name, 2))
      await archive.close()
    }
    expect(dataFiles(folder)).toEqual([day])
    expect(archivedIds(folder)).toHaveLength(6)
  })

  it('two destinations in one folder do not touch the files of each other', async () => {
    const [one, two] = [opened({ name: 'one' }), opened({ name: 'two' })]
    for (const name of ['a', 'b', 'c']) {
      await delivers(one, batchNamed(name, 1))
      await delivers(two, batchNamed(name, 1))
    }
    expect(dataFiles(folder)).toEqual(['2026-05-17.2.jsonl', day])
    expect(archivedIds(folder)).toEqual(['a-0', 'b-0', 'c-0', 'a-0', 'b-0', 'c-0'])
  })

  it('relative paths begin at the folder of the configuration', () => {
    expect(file.settle?.({ path: './archive', gzip: false }, '/etc/relay')).toEqual({
      path: '/etc/relay/archive',
      gzip: false,
    })
  })
})

describe('what comes again', () => {
  it('row 3: a batch that was written but not settled is not written twice, whole or in other company', async () => {
    const first = opened()
    await delivers(first, batchNamed('a', 5))
    await delivers(first, batchNamed('a', 5))
    await first.close()
    const second = opened()
    await delivers(
      second,
      batchOf(
        ids('a', 7).map((id) => eventText(id)),
        () => ({ attempt: 2 }),
      ),
    )
    expect(archivedIds(folder)).toEqual(ids('a', 7))
  })

  it('the same event id from another source is another event', async () => {
    const archive = opened()
    await delivers(archive, batchOf([eventText('a')]))
    await delivers(
      archive,
      batchOf([eventText('a')], () => ({ source: 'other' })),
    )
    await delivers(
      archive,
      batchOf([eventText('a')], () => ({ source: '__proto__' })),
    )
    expect(archivedIds(folder)).toEqual(['a', 'a', 'a'])
  })

  it('is remembered for at least 16,000 events, by a journal that does not grow without end', async () => {
    const archive = opened()
    for (let count = 0; count < 30; count++) await delivers(archive, batchNamed(`b${count}`, 1_000))
    await archive.close()
    const again = opened()
    for (let count = 14; count < 30; count++) await delivers(again, batchNamed(`b${count}`, 1_000))
    expect(archivedIds(folder)).toHaveLength(30_000)
    expect(new Set(archivedIds(folder)).size).toBe(30_000)
    expect(statSync(join(folder, '.audit-relay-archive.journal')).size).toBeLessThan(2_000_000)
  })

  it('an event whose file is gone, or cut short, is written again', async () => {
    const first = opened()
    await delivers(first, batchNamed('a', 2))
    rmSync(join(folder, day))
    await delivers(first, batchNamed('b', 2))
    await delivers(first, batchNamed('a', 2))
    expect(archivedIds(folder)).toEqual([...ids('b', 2), ...ids('a', 2)])
    await first.close()
    truncateSync(join(folder, day), 10)
    await delivers(opened(), batchNamed('a', 2))
    expect(readFileSync(join(folder, '2026-05-17.2.jsonl'), 'utf8')).toContain('"a-1"')
  })
})

describe('others touch the file', () => {
  it.each<[string, (path: string) => void]>([
    ['appended to', (path) => appendFileSync(path, 'not ours\n')],
    ['cut short', (path) => truncateSync(path, 5)],
    ['deleted', (path) => rmSync(path)],
    ['renamed', (path) => renameSync(path, `${path}.old`)],
    ['replaced', (path) => (rmSync(path), writeFileSync(path, 'not ours\n'))],
    ['replaced by a link', (path) => (renameSync(path, `${path}.old`), symlinkSync(`${path}.old`, path))],
  ])('a file that was %s is left as it is, also across a restart, and nothing is lost', async (_name, touch) => {
    const archive = opened()
    await delivers(archive, batchNamed('a', 2))
    touch(join(folder, day))
    const left = contents()
    await delivers(archive, batchNamed('b', 2))
    expect(contents()).toMatchObject(left)
    await archive.close()
    const current = dataFiles(folder).find((name) => readFileSync(join(folder, name), 'utf8').includes('"b-0"')) ?? ''
    appendFileSync(join(folder, current), 'not ours\n')
    const leftNow = contents()
    await delivers(opened(), batchNamed('c', 2))
    expect(contents()).toMatchObject(leftNow)
    expect(Object.values(contents()).join('')).toContain('"c-1"')
  })

  function contents(): Record<string, string> {
    return Object.fromEntries(dataFiles(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
  }

  it('a damaged or vanished journal costs no event and overwrites no file', async () => {
    const journal = join(folder, '.audit-relay-archive.journal')
    for (const damage of [
      () => rmSync(journal),
      () => writeFileSync(journal, 'nonsense\n{"file":"../../evil"}\n'),
      () => truncateSync(journal, 20),
    ]) {
      const archive = opened()
      await delivers(archive, batchNamed('a', 2))
      await archive.close()
      damage()
    }
    await delivers(opened(), batchNamed('b', 2))
    expect(dataFiles(folder)).toHaveLength(4)
    expect(archivedIds(folder)).toHaveLength(8)
  })
})

describe('what a crash leaves', () => {
  it('a half-written line of ours is cut off, and kept aside', async () => {
    const archive = opened()
    await delivers(archive, batchNamed('a', 2))
    await archive.close()
    const size = statSync(join(folder, day)).size
    const torn = fileKind(
      faultyFiles({ at: await operationOf('append', 2, batchNamed('b', 2)), lasts: 'dead', code: 'EIO', written: 0.6 }),
    )
    expect((await send(opened({}, torn), batchNamed('b', 2))).kind).toBe('retry')
    const end = readFileSync(join(folder, day)).subarray(size)
    expect(end.length).toBeGreaterThan(0)
    await delivers(opened(), batchNamed('b', 2))
    expect(archivedIds(folder)).toEqual([...ids('a', 2), ...ids('b', 2)])
    expect(readFileSync(join(folder, `.${day}.cut-${size}`)).equals(end)).toBe(true)
  })

  /** The number of the data append when `batch` is sent to the present folder: the last but two (sync and state follow). */
  async function operationOf(_name: string, after: number, batch: Batch): Promise<number> {
    const copy = join(folder, '..', 'copy')
    mkdirSync(copy)
    for (const name of readdirSync(folder)) writeFileSync(join(copy, name), readFileSync(join(folder, name)))
    const counting = faultyFiles()
    await delivers(opened({ path: copy }, fileKind(counting)), batch)
    return counting.seen.count - after
  }
})

describe('errors of the disk', () => {
  const failing = (code: string, at: number): Destination =>
    opened({}, fileKind(faultyFiles({ at, lasts: 'dead', code })))

  it.each([
    ['ENOSPC', 'retry', 'disk_full'],
    ['EDQUOT', 'retry', 'disk_full'],
    ['EACCES', 'halt', 'file_denied'],
    ['EROFS', 'halt', 'file_denied'],
    ['ENOTDIR', 'halt', 'file_denied'],
    ['EIO', 'retry', 'file_failed'],
    ['EMFILE', 'retry', 'file_failed'],
  ])('%s is %s', async (code, kind, reason) => {
    expect(await send(failing(code, 1), batchNamed('a', 1))).toMatchObject({ kind, reason: { code: reason } })
  })

  it('a path that is a file halts with what to do', async () => {
    mkdirSync(join(folder, '..'), { recursive: true })
    writeFileSync(folder, '')
    expect(await send(opened(), batchNamed('a', 1))).toMatchObject({ kind: 'halt', reason: { code: 'file_denied' } })
  })

  it('row 6: after a failed sync the bytes are written anew, because a second sync proves nothing', async () => {
    const counting = faultyFiles()
    await delivers(opened({ name: 'count' }, fileKind(counting)), batchNamed('a', 2))
    rmSync(folder, { recursive: true })
    const faulty = faultyFiles({ at: counting.seen.count - 1, lasts: 'once', code: 'EIO' })
    const archive = opened({ name: 'count' }, fileKind(faulty))
    expect((await send(archive, batchNamed('a', 2))).kind).toBe('retry')
    expect(faulty.seen.failed).toBe('sync')
    expect(archivedIds(folder)).toEqual([])
    await delivers(archive, batchNamed('a', 2))
    expect(archivedIds(folder)).toEqual(ids('a', 2))
  })
})
