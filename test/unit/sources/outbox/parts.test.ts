// The small parts: names, patterns, options, descriptors, turns, and what a failed page leaves behind.
import { sourceTools } from '../../../fakes/source-tools.ts'
import fs from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matches, parseGlob } from '../../../../src/sources/outbox/glob.ts'
import { Handles } from '../../../../src/sources/outbox/handles.ts'
import { outbox } from '../../../../src/sources/outbox/index.ts'
import { nameOf, pathFor, shown } from '../../../../src/sources/outbox/names.ts'
import { OutboxFile } from '../../../../src/sources/outbox/outbox-file.ts'
import { TurnQueue } from '../../../../src/sources/outbox/turn-queue.ts'
import { TestClock } from '../../../fakes/test-clock.ts'
import { gathered, lines, newDraft, Workspace } from './workspace.ts'

describe('names', () => {
  test('every sequence of bytes survives being text and JSON', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const name = JSON.parse(JSON.stringify(nameOf(Buffer.from(bytes)))) as string
        expect(Buffer.from(pathFor(name) as string)).toEqual(Buffer.from(bytes))
        expect(shown(name).isWellFormed()).toBe(true)
      }),
    )
  })
})

describe('patterns', () => {
  test.each([
    ['*.jsonl', 'a.jsonl', true],
    ['*.jsonl', '.jsonl', false],
    ['*.jsonl', 'a.jsonl.gz', false],
    ['a?c', 'abc', true],
    ['a?c', 'a😀c', true],
    ['a?c', 'ac', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b', 'ba', false],
    ['.*', '.hidden', true],
    ['[ab].x', '[ab].x', true],
    ['**', 'anything', true],
    ['a*', 'a', true],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected)
  })

  test('a pattern made to hurt ends at once', () => {
    const started = performance.now()
    expect(matches('*a'.repeat(100), 'a'.repeat(254) + 'b')).toBe(false)
    expect(performance.now() - started).toBeLessThan(50)
  })

  test('agrees with the same pattern as a regular expression', () => {
    const piece = fc.constantFrom('a', 'b', '*', '?', '.')
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 10 }),
        (p, n) => {
          const pattern = p.join('')
          const name = n.join('')
          const regex = new RegExp(
            `^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`,
            'u',
          )
          const hidden = name.startsWith('.') && !pattern.startsWith('.')
          expect(matches(pattern, name)).toBe(!hidden && regex.test(name))
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('the base is what stands before the first wildcard', () => {
    expect(parseGlob('/var/log/app/*/x-?.jsonl').base).toBe('/var/log/app')
    expect(parseGlob('/a/**/**/*.jsonl').segments.length).toBe(2)
  })
})

describe('options', () => {
  test('paths are settled against the folder of the configuration', () => {
    const settle = (options: unknown): unknown => outbox.settle?.(outbox.options.parse(options), '/etc/relay')
    expect(settle({ path: './outbox/*.jsonl' })).toMatchObject({
      path: '/etc/relay/outbox/*.jsonl',
      max_line: 1_048_576,
    })
    expect(settle({ path: 'spool/', on_done: { move: 'done' } })).toMatchObject({
      path: '/etc/relay/spool/',
      on_done: { move: '/etc/relay/done' },
    })
    expect(settle({ path: '/abs' })).toMatchObject({ path: '/abs', on_done: 'keep' })
  })

  test.each([
    [{ path: '' }, 'expected a path'],
    [{ path: 'a\0b' }, 'NUL'],
    [{ path: '*.jsonl', on_done: 'delete' }, 'on_done is for a spool folder'],
    [{ path: 'spool', on_done: { move: './spool/' } }, 'the spool folder itself'],
    [{ path: 'spool', on_done: 'burn' }, 'expected keep, delete or { move: FOLDER }'],
    [{ path: 'a', max_line: '1GiB' }, '16MiB'],
  ])('%j is refused', (options, message) => {
    expect(JSON.stringify(outbox.options.safeParse(options).error?.issues)).toContain(message)
  })
})

describe('probe', () => {
  async function probe(work: Workspace, options: Record<string, unknown>): Promise<string> {
    const probing = work.open(options).probe?.(new AbortController().signal)
    return (await probing?.then(() => 'fine').catch((error: Error) => error.message)) ?? 'none'
  }

  test('says what is missing', async () => {
    using work = new Workspace()
    work.write('a.jsonl', '')
    fs.mkdirSync(work.at('spool'))
    expect(await probe(work, { path: 'a.jsonl' })).toBe('fine')
    expect(await probe(work, { path: '*.jsonl' })).toBe('fine')
    expect(await probe(work, { path: 'spool', on_done: 'delete' })).toBe('fine')
    expect(await probe(work, { path: 'b.jsonl' })).toContain('b.jsonl does not exist')
    expect(await probe(work, { path: 'none/*.jsonl' })).toContain('none does not exist')
    expect(await probe(work, { path: 'spool', on_done: { move: 'done' } })).toContain('done does not exist')
    expect(await probe(work, { path: 'a.jsonl', on_done: 'delete' })).toContain('on_done is for a spool folder')
    expect(await probe(work, { path: '/dev/null' })).toContain('neither a file nor a folder')
  })
})

describe('descriptors', () => {
  test('at most the limit is open, the least recently used goes first, a nameless file stays', () => {
    using work = new Workspace()
    const handles = new Handles(() => true, 3)
    const files = ['a', 'b', 'c', 'd', 'e'].map((name) => {
      work.write(name, name)
      return OutboxFile.found(work.at(name), fs.statSync(work.at(name), { bigint: true }), 0)
    })
    const [a, b, c, d, e] = files as [OutboxFile, OutboxFile, OutboxFile, OutboxFile, OutboxFile]
    for (const file of [a, b, c]) handles.of(file)
    a.nameless = true
    handles.of(b)
    handles.of(d)
    handles.of(e)
    expect([a, b, c, d, e].map((file) => handles.holds(file))).toEqual([true, false, false, true, true])
    fs.unlinkSync(b.path)
    expect(handles.of(b)).toBe('replaced')
    fs.renameSync(c.path, b.path)
    expect(handles.of(b)).toBe('replaced')
    handles.closeAll()
    expect(handles.count).toBe(0)
  })
})

describe('turns', () => {
  test('each file once, in order, and a read knows when it has kept its promise', () => {
    const queue = new TurnQueue()
    const [a, b] = ['a', 'b'].map((name) => Object.assign(new OutboxFile(name), { size: 10 })) as [
      OutboxFile,
      OutboxFile,
    ]
    queue.add(a)
    queue.add(b)
    queue.add(a)
    expect(queue.length).toBe(2)
    queue.owe()
    expect(queue.next()).toBe(a)
    a.offset = 10
    queue.again(a)
    expect(queue.isOwed).toBe(true)
    expect(queue.next()).toBe(b)
    queue.settle(b)
    expect([queue.isOwed, queue.length]).toEqual([false, 1])
  })

  test('thousands of files pass through without being lost', () => {
    const queue = new TurnQueue()
    const files = Array.from({ length: 5000 }, (_, index) => new OutboxFile(String(index)))
    for (const file of files) queue.add(file)
    const seen = new Set<OutboxFile>()
    for (let file = queue.next(); file; file = queue.next()) seen.add(file)
    expect(seen.size).toBe(5000)
  })
})

describe('a page that could not be filled', () => {
  test('leaves every file where it was: the next read says it all', async () => {
    using work = new Workspace()
    work.write('out/a.jsonl', lines('a1', 'a2'))
    work.write('out/b.jsonl', lines('b1', 'b2'))
    let broken = true
    const options = outbox.options.parse({ path: work.at('out/*.jsonl') })
    const source = outbox.open(options, {
      ...sourceTools(new TestClock()),
      newPage: () => {
        const draft = newDraft()
        if (broken) {
          const add = draft.add.bind(draft)
          draft.add = (...args) => {
            if (draft.count === 3) throw new Error('a fault of ours')
            return add(...args)
          }
        }
        return draft
      },
    })
    const read = async () => {
      const pages = []
      for await (const page of source.read({ cursors: [] }, new AbortController().signal)) pages.push(page)
      return gathered(pages)
    }
    await expect(read()).rejects.toThrow('a fault of ours')
    broken = false
    expect([...(await read()).ids].toSorted()).toEqual(['a1', 'a2', 'b1', 'b2'])
    await source.close()
  })
})
