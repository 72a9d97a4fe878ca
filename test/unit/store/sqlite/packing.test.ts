import { describe, expect, it } from 'vitest'
import { Identity } from '../../../../src/model/identity.ts'
import type { Page } from '../../../../src/model/page.ts'
import { PageDraft } from '../../../../src/sources/page-draft.ts'
import { oneEvent } from '../../../../src/store/one-event.ts'
import { pack, unpack } from '../../../../src/store/codec.ts'
import { packColumns, packEvent, unpackEvent, unpackPage } from '../../../../src/store/sqlite/packing.ts'
import { PageCache } from '../../../../src/store/sqlite/page-cache.ts'

function pageOf(count: number): Page {
  const draft = new PageDraft({ name: 's', type: 't' }, new Identity(new Uint8Array(32)))
  for (let index = 0; index < count; index++) {
    const bytes = Buffer.from(
      JSON.stringify({
        event_id: `e${index}`,
        event_type: 't',
        occurred_at: '2026-05-17T08:00:00.5Z',
        data: { index },
      }),
    )
    draft.add(bytes, 0, bytes.length)
    draft.tag(index, index % 4)
  }
  return draft.page()
}

function plain(page: Page): Record<string, unknown> {
  const { count, bytes, offsets, times, keys, fingerprints, tags } = page
  return {
    count,
    offsets: [...offsets],
    times: [...times],
    tags: [...tags],
    ...Object.fromEntries(
      Object.entries({ bytes, keys, fingerprints }).map(([name, column]) => [
        name,
        Buffer.from(column).toString('hex'),
      ]),
    ),
  }
}

describe('packing', () => {
  it.each([1, 2, 3, 8, 257])('gives back a page of %i events, wherever its blocks lie in memory', (count) => {
    const page = pageOf(count)
    const columns = packColumns(page)
    const shifted = new Uint8Array(columns.length + 3)
    shifted.set(columns, 3)
    const packed = pack(page.bytes)
    expect(plain(unpackPage(shifted.subarray(3), unpack(packed, page.bytes.length)))).toEqual(plain(page))
  })

  it('gives back one event', () => {
    const page = pageOf(9)
    for (let index = 0; index < 9; index++)
      expect(plain(unpackEvent(packEvent(oneEvent(page, index))))).toEqual(plain(oneEvent(page, index)))
  })

  it('row 37: lets no block grow beyond its page, and notices a flipped bit', () => {
    const { bytes } = pageOf(50)
    const packed = pack(bytes)
    expect(() => unpack(packed, bytes.length - 1)).toThrow()
    const flipped = Uint8Array.from(packed.bytes)
    flipped[40] = (flipped[40] as number) ^ 1
    expect(() => unpack({ ...packed, bytes: flipped }, bytes.length)).toThrow()
    expect(() => unpack({ codec: 9, bytes }, bytes.length)).toThrow('codec 9')
    expect(() => unpackPage(packColumns(pageOf(2)), bytes)).toThrow('does not fit')
  })
})

describe('PageCache', () => {
  it('keeps what was used last within its bytes', () => {
    const page = pageOf(10)
    const size = page.bytes.buffer.byteLength + 370
    const cache = new PageCache(size * 2.5)
    cache.put(1, page)
    cache.put(2, page)
    cache.get(1)
    cache.put(3, page)
    expect([1, 2, 3].map((seq) => cache.get(seq) !== undefined)).toEqual([true, false, true])
    for (let again = 0; again < 10; again++) cache.put(3, page)
    expect(cache.get(1)).toBeDefined()
    const none = new PageCache(10)
    none.put(1, page)
    expect(none.get(1)).toBeUndefined()
  })
})
