// Encoding a page: exact memory, every filter's verdict, and what can be read back.
import { zstdDecompressSync } from 'node:zlib'
import { expect, it } from 'vitest'
import type { Filter } from '../../../src/filters/filter.ts'
import { Tag } from '../../../src/model/event.ts'
import { Identity } from '../../../src/model/identity.ts'
import { bitSet, eventBytes } from '../../../src/model/page.ts'
import { buffersOf, encodePage } from '../../../src/polling/page-encoder.ts'
import { PageDraft } from '../../../src/sources/page-draft.ts'

function draftOf(count: number): PageDraft {
  const draft = new PageDraft({ name: 'app', type: 'outbox' }, new Identity(new Uint8Array(32)))
  for (let n = 0; n < count; n++) {
    const bytes = Buffer.from(`{"event_id":"e${n}","event_type":"t","occurred_at":"2026-05-17T08:00:00Z"}`)
    draft.add(bytes, 0, bytes.length)
  }
  return draft
}

const odd: Filter = {
  route: ({ count }) => ({
    bitmap: new Uint8Array((count + 7) >> 3).fill(0xaa),
    matched: count >> 1,
    bypassed: 1,
    missing: 2,
    failed: [3],
  }),
}

it('keeps events, routing, counts and the tag of an event on which a filter failed', () => {
  const encoded = encodePage({ draft: draftOf(10), cursors: [{ part: 'p', value: '1' }] }, [
    { destination: 'd', filter: odd },
  ])
  expect(encoded.page.count).toBe(10)
  expect(encoded.routing[0]?.matched).toBe(5)
  expect(bitSet(encoded.routing[0]?.bitmap as Uint8Array, 1)).toBe(true)
  expect([encoded.bypassed, encoded.missing]).toEqual([1, 2])
  expect(encoded.page.tags[3]).toBe(Tag.filterFailed)
  expect(encoded.page.tags[2]).toBe(0)
  expect(zstdDecompressSync(encoded.packed.bytes)).toEqual(Buffer.from(encoded.page.bytes))
})

it('its memory is its own and can be handed over; the draft can be filled again', () => {
  const draft = draftOf(3)
  const encoded = encodePage({ draft, cursors: [] }, [])
  const text = Buffer.from(eventBytes(encoded.page, 1)).toString()
  draft.reset()
  const bytes = Buffer.from('{"event_id":"other","event_type":"t","occurred_at":"2026-05-17T08:00:00Z"}')
  draft.add(bytes, 0, bytes.length)
  expect(Buffer.from(eventBytes(encoded.page, 1)).toString()).toBe(text)
  const moved = structuredClone(encoded, { transfer: buffersOf(encoded) })
  expect(encoded.page.bytes.byteLength).toBe(0)
  expect(Buffer.from(eventBytes(moved.page, 1)).toString()).toBe(text)
})

it('an empty page can be encoded: a read may only move cursors', () => {
  const encoded = encodePage({ draft: draftOf(0), cursors: [{ part: 'p', value: null }] }, [
    { destination: 'd', filter: odd },
  ])
  expect(encoded.page.count).toBe(0)
  expect(encoded.page.offsets).toEqual(new Uint32Array(1))
})
