// In which order the file kind does things to the disk, and what it does when others write at the very same moment.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Files, nodeFiles, type OpenFile } from '../../../../src/destinations/file/files.ts'
import { fileKind } from '../../../../src/destinations/file/index.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import { archivedIds, dataFiles } from '../../../fakes/archive-reader.ts'
import { batchNamed } from '../../../fakes/batches.ts'
import { destinationTools } from '../../../fakes/destination-tools.ts'

const day = '2026-05-17.jsonl'
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-order-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

/** Real files; `before` runs ahead of each operation on a file and may fail it. */
function watched(before: (what: string, name: string) => void): Files {
  const wrap = (open: OpenFile, name: string): OpenFile => ({
    append: async (bytes) => (before('append', name), open.append(bytes)),
    read: (offset, length) => open.read(offset, length),
    sync: async () => (before('sync', name), open.sync()),
    state: () => open.state(),
    truncate: async (length) => (before('truncate', name), open.truncate(length)),
    close: () => open.close(),
  })
  return {
    makeFolder: (path) => nodeFiles.makeFolder(path),
    read: (path) => nodeFiles.read(path),
    state: (path) => nodeFiles.state(path),
    open: async (path, how) => {
      if (how === 'create') before('create', basename(path))
      return wrap(await nodeFiles.open(path, how), basename(path))
    },
    rename: async (from, to) => (before('rename', basename(to)), nodeFiles.rename(from, to)),
    syncFolder: async (path) => (before('sync folder', ''), nodeFiles.syncFolder(path)),
  }
}

/** Sends the batches one after the other through one destination. */
async function sendThrough(files: Files, names: readonly string[]): Promise<(Verdict | undefined)[]> {
  const archive = fileKind(files).open({ path: folder, gzip: false }, destinationTools())
  const verdicts: (Verdict | undefined)[] = []
  for (const name of names) {
    const outcome = await archive.send(batchNamed(name, 2), new AbortController().signal)
    verdicts.push('verdicts' in outcome ? outcome.verdicts[0] : undefined)
  }
  await archive.close()
  return verdicts
}

function once(what: string, name: string, act: () => void): (gotWhat: string, gotName: string) => void {
  let done = false
  return (gotWhat, gotName) => {
    if (done || gotWhat !== what || gotName !== name) return
    done = true
    act()
  }
}

describe('row 5: the order on the disk', () => {
  it('is: name of the file, intent, bytes, each synced before the next, all before `delivered`', async () => {
    const steps: string[] = []
    const journal = '.audit-relay-archive.journal'
    expect(
      await sendThrough(
        watched((what, name) => void steps.push(`${what} ${name}`.trim())),
        ['a'],
      ),
    ).toEqual([{ kind: 'delivered' }])
    expect(steps).toEqual([
      `append ${journal}.new`,
      `sync ${journal}.new`,
      `rename ${journal}`,
      'sync folder',
      `create ${day}`,
      'sync folder',
      `append ${journal}.new`,
      `sync ${journal}.new`,
      `append ${day}`,
      `sync ${day}`,
    ])
  })
})

describe('others write while we do', () => {
  it('just before our bytes: nothing of theirs is cut, ours are written again elsewhere', async () => {
    const files = watched(once('append', day, () => appendFileSync(join(folder, day), 'not ours\n')))
    const verdicts = await sendThrough(files, ['a', 'a', 'b'])
    expect(verdicts).toMatchObject([
      { kind: 'retry', reason: { code: 'file_changed' } },
      { kind: 'delivered' },
      { kind: 'delivered' },
    ])
    expect(readFileSync(join(folder, day), 'utf8').startsWith('not ours\n')).toBe(true)
    expect(readFileSync(join(folder, '2026-05-17.2.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(4)
  })

  it('instead of our bytes, which fail: nothing of theirs is cut', async () => {
    const foreign = once('append', day, () => {
      appendFileSync(join(folder, day), 'not ours\n')
      throw Object.assign(new Error('planted'), { code: 'ENOSPC' })
    })
    expect(await sendThrough(watched(foreign), ['a', 'a'])).toMatchObject([{ kind: 'retry' }, { kind: 'delivered' }])
    expect(readFileSync(join(folder, day), 'utf8')).toBe('not ours\n')
    expect(readFileSync(join(folder, '2026-05-17.2.jsonl'), 'utf8')).toContain('"a-1"')
  })

  it('deleting the file between our bytes and their sync does not count as delivered', async () => {
    const files = watched(once('sync', day, () => unlinkSync(join(folder, day))))
    expect(await sendThrough(files, ['a', 'a'])).toMatchObject([
      { kind: 'retry', reason: { code: 'file_changed' } },
      { kind: 'delivered' },
    ])
    expect(archivedIds(folder)).toEqual(['a-0', 'a-1'])
  })

  it('row 6: when neither the sync nor the roll-back works the file is not believed, though its bytes can be read', async () => {
    const broken = (what: string, name: string): void => {
      if (name === day && (what === 'sync' || what === 'truncate'))
        throw Object.assign(new Error('planted'), { code: 'EIO' })
    }
    expect(await sendThrough(watched(broken), ['a', 'a', 'b'])).toMatchObject([
      { kind: 'retry', reason: { code: 'file_failed' } },
      { kind: 'delivered' },
      { kind: 'delivered' },
    ])
    expect(dataFiles(folder)).toEqual(['2026-05-17.2.jsonl', day])
    expect(readFileSync(join(folder, '2026-05-17.2.jsonl'), 'utf8')).toContain('"a-1"')
  })
})
