import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Batcher } from '../../../src/delivery/batcher.ts'
import { eventOverhead, type OpenBatch } from '../../../src/delivery/open-batch.ts'
import { bitSet } from '../../../src/model/page.ts'
import type { SeqRange } from '../../../src/store/store.ts'
import { FakeStore } from './fake-store.ts'
import { numbersOf, pageOf } from './rig.ts'

const limits = { maxEvents: 10, maxBytes: 1_000_000, overheadBytes: 2 }
const stamp = { atMs: 0, text: '1970-01-01T00:00:00.000Z' }

function batcherOver(store: FakeStore, position = 1, above: readonly SeqRange[] = []): Batcher {
  return new Batcher('siem', { queue: 'live', position, above }, (from) => store.nextPage('siem', 'live', from))
}

async function takeAll(batcher: Batcher, within = limits): Promise<OpenBatch[]> {
  const batches: OpenBatch[] = []
  while (await batcher.fill(within)) {
    const batch = batcher.take(within, stamp)
    if (!batch) break
    batches.push(batch)
    batch.close()
  }
  return batches
}

describe('batches', () => {
  it('and gaps tile the queue exactly, whatever was filtered and whatever was settled before', async () => {
    const pages = fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }), { maxLength: 8 })
    const cuts = fc.uniqueArray(fc.integer({ min: 2, max: 100 }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(pages, cuts, fc.integer({ min: 1, max: 7 }), async (matched, ends, maxEvents) => {
        const store = new FakeStore()
        for (const bits of matched) {
          const bitmap = new Uint8Array((bits.length + 7) >> 3)
          bits.forEach((bit, index) => bit && (bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7))))
          store.commit(pageOf(bits.length, store.end), { bitmap })
        }
        const sortedEnds = ends.filter((end) => end <= store.end).toSorted((a, b) => a - b)
        const above: SeqRange[] = []
        for (let index = 1; index + 1 < sortedEnds.length; index += 2)
          above.push({ from: sortedEnds[index] as number, to: sortedEnds[index + 1] as number })
        const position = sortedEnds[0] ?? 1
        const batcher = batcherOver(store, position, above)
        const within = { ...limits, maxEvents }
        const batches = await takeAll(batcher, within)
        const ranges = [...batches.map(({ from, to }) => ({ from, to })), ...batcher.takeGaps(), ...above]
        const tiled = ranges.toSorted((a, b) => a.from - b.from)
        let at = position
        for (const { from, to } of tiled) {
          expect(from).toBe(at)
          expect(to).toBeGreaterThan(from)
          at = to
        }
        expect(at).toBe(Math.max(store.end, position))
        const isSettled = (seq: number): boolean =>
          seq < position || above.some(({ from, to }) => seq >= from && seq < to)
        const wanted = store.pages.flatMap(({ firstSeq, bitmap, page }) =>
          Array.from({ length: page.count }, (_, index) => index)
            .filter((index) => bitSet(bitmap, index) && !isSettled(firstSeq + index))
            .map((index) => firstSeq + index),
        )
        expect(batches.flatMap(numbersOf)).toEqual(wanted)
        expect(batches.every(({ events }) => events.length > 0 && events.length <= maxEvents)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('stay within the bytes, every part of the encoding counted', async () => {
    const store = new FakeStore()
    for (let page = 0; page < 5; page++) store.commit(pageOf(20, store.end, page * 7))
    const within = { ...limits, maxEvents: 100, maxBytes: 2_000 }
    const batches = await takeAll(batcherOver(store), within)
    for (const batch of batches) {
      const sizes = batch.events.map(({ start, end }) => end - start + 1 + eventOverhead('siem', within))
      expect(batch.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
      expect(batch.bytes).toBeLessThanOrEqual(2_000)
    }
    expect(batches.flatMap(numbersOf)).toHaveLength(100)
  })

  it('leave room for the longest stream field that a kind may write', () => {
    const name = 'zürich "siem"'
    const stream = { destination_id: name, attempt: 999_999, first_attempted_at: '2026-05-17T08:00:00.000Z' }
    expect(eventOverhead(name, limits) - limits.overheadBytes).toBeGreaterThanOrEqual(
      Buffer.byteLength(`"stream":${JSON.stringify(stream)},`),
    )
  })

  it('have another id when the same keys come from another source', async () => {
    const ids = await Promise.all(
      ['app', 'billing'].map(async (source) => {
        const store = new FakeStore()
        store.commit(pageOf(3), { source })
        const [batch] = await takeAll(batcherOver(store))
        return batch?.id
      }),
    )
    expect(ids[0]).not.toBe(ids[1])
  })

  it('have an id that is the hash of their keys and sources in order', async () => {
    const store = new FakeStore()
    store.commit(pageOf(3))
    store.commit(pageOf(3, 4))
    const [batch] = await takeAll(batcherOver(store))
    const keys = batch?.events.map(({ key }) => key).join('') as string
    expect(batch?.id).toBe(
      createHash('sha256').update(Buffer.from(keys, 'hex')).update('0 app\n').digest('hex').slice(0, 32),
    )
  })

  it('that are halved keep their events, their order and their stretch', async () => {
    const store = new FakeStore()
    store.commit(pageOf(16), { bitmap: Uint8Array.of(0b1011_0010, 0b0100_1001) })
    const [batch] = await takeAll(batcherOver(store))
    const [left, right] = (batch as OpenBatch).halve()
    expect([...numbersOf(left), ...numbersOf(right)]).toEqual(numbersOf(batch as OpenBatch))
    expect([left.from, left.to, right.to]).toEqual([batch?.from, right.from, batch?.to])
    expect(left.id).not.toBe(batch?.id)
  })

  it('do not miss a page that is committed while the end is being read', async () => {
    const store = new FakeStore()
    const batcher = batcherOver(store)
    const filling = batcher.fill(limits)
    store.commit(pageOf(2))
    batcher.wake()
    expect(await filling).toBe(true)
  })

  it('hold few pages at a time where little passes the filter', async () => {
    const store = new FakeStore()
    for (let page = 0; page < 50; page++)
      store.commit(pageOf(100, store.end, 2_000), { bitmap: Uint8Array.of(1, ...Array<number>(12).fill(0)) })
    let reads = 0
    const batcher = new Batcher('siem', { queue: 'live', position: 1, above: [] }, (from) => {
      reads++
      return store.nextPage('siem', 'live', from)
    })
    await batcher.fill({ ...limits, maxEvents: 1_000 })
    expect(reads * 200_000).toBeLessThanOrEqual(2_400_000)
  })
})
