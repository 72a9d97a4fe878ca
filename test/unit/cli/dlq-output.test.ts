import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it, test } from 'vitest'
import { exportTo } from '../../../src/cli/commands/dlq-export.ts'
import { word } from '../../../src/cli/dlq/advice.ts'
import { letterWithEvent } from '../../../src/cli/dlq/json.ts'
import { prettyJson } from '../../../src/cli/dlq/pretty-json.ts'
import { progressText, showProgress } from '../../../src/cli/dlq/progress.ts'
import { selectionOf } from '../../../src/cli/dlq/selection.ts'
import { streamSink } from '../../../src/cli/dlq/sink.ts'
import type { StoreReader } from '../../../src/store/store.ts'
import { letter, readerOf } from './dlq-letters.ts'
import { fakeWorld, NOW } from './fake-world.ts'

test.each([
  '{"a":[],"b":{},"c":[1,{"d":"{[,:\\" \\\\"}],"n":9007199254740993,"e":1e400}',
  '[ { "a" : 1 } , [ ] ]',
  '"text"',
  '[[[]]]',
])('%s is laid out and stays the same JSON', (text) => {
  const pretty = prettyJson(text)
  expect(JSON.parse(pretty)).toEqual(JSON.parse(text))
  expect(pretty).toBe(text.includes('9007') ? pretty : JSON.stringify(JSON.parse(text), null, 2))
  expect(pretty.includes('9007199254740993')).toBe(text.includes('9007199254740993'))
})

test('an envelope holds the bytes of the event as they are', () => {
  const one = letter(1, { members: ',"data":{"n":9007199254740993}' })
  expect(letterWithEvent(one)).toContain('"event":{"event_id":"e-1"')
  expect(letterWithEvent(one)).toContain('"n":9007199254740993')
})

test.each([
  ['e-1', 'e-1'],
  ['a b', "'a b'"],
  ["it's", "'it'\\''s'"],
  ['', "''"],
  ['-rf', "'-rf'"],
  ['$(x)', "'$(x)'"],
])('%s is safe in a suggested command', (text, shown) => {
  expect(word(text)).toBe(shown)
})

describe('export', () => {
  const letters = Array.from({ length: 600 }, (_, index) => letter(index))

  async function exportThrough(stream: NodeJS.WritableStream) {
    const reader = readerOf(letters)
    const result = exportTo(
      streamSink(stream),
      { reader: reader as unknown as StoreReader, selection: await selectionOf({}, [], fakeWorld()) },
      false,
    )
    return { reader, result }
  }

  it('waits for its reader, and reads on only then', async () => {
    const stream = new PassThrough({ highWaterMark: 1000 })
    const { reader, result } = await exportThrough(stream)
    await new Promise((resolve) => setImmediate(resolve))
    expect(reader.looks).toHaveLength(1)
    let size = 0
    stream.on('data', (chunk: Buffer) => (size += chunk.length))
    const { letters: count, bytes } = await result
    expect([count, size]).toEqual([600, bytes])
  })

  it('ends well when nobody reads any more', async () => {
    let written = 0
    const stream = new Writable({
      write: (_chunk, _encoding, done) =>
        ++written < 10 ? done() : done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
    })
    stream.on('error', () => {})
    const { result } = await exportThrough(stream)
    expect((await result).letters).toBe(9)
  })

  it('fails when writing fails', async () => {
    const stream = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('full'), { code: 'ENOSPC' })),
    })
    stream.on('error', () => {})
    const { result } = await exportThrough(stream)
    await expect(result).rejects.toThrow('full')
  })
})

describe('progress', () => {
  const request = {
    id: 1,
    at: NOW,
    by: 'ops',
    asked: { kind: 'replay_dead_letters', letters: [], to: null, perSecond: 100 },
    state: 'running',
    counts: { chosen: 1000, taken: 400, skipped: 0, delivered: 390, dead: 2, dropped: 0 },
    text: null,
    finishedAt: null,
  } as const

  it('is one line redrawn on a terminal, and gone at the end', () => {
    const world = fakeWorld({ columns: 80 })
    const progress = showProgress(world, (far) => progressText(far, 100))
    progress.update(request)
    progress.update(request)
    progress.end()
    const line = '\r\u001b[K400 of 1,000 gone through: 390 delivered, 2 dead again, 8 waiting, 6s left'
    expect(world.stderr.text()).toBe(`${line}${line}\r\u001b[K`)
  })

  it('adds up, with what was skipped and dropped', () => {
    const world = fakeWorld({ columns: 100 })
    const counts = { chosen: 541, taken: 351, skipped: 190, delivered: 340, dead: 1, dropped: 2 }
    showProgress(world, (far) => progressText(far, null)).update({ ...request, counts })
    expect(world.stderr.text()).toContain(
      '541 of 541 gone through: 340 delivered, 1 dead again, 2 dropped, 8 waiting, 190 skipped',
    )
  })

  it('is a line now and then elsewhere', () => {
    const world = fakeWorld()
    let now = 0
    const progress = showProgress({ ...world, clock: { ...world.clock, monotonic: () => now } }, (far) =>
      progressText(far, null),
    )
    for (; now <= 25_000; now += 200) progress.update(request)
    progress.end()
    expect(world.stderr.text().trimEnd().split('\n')).toHaveLength(2)
  })
})
