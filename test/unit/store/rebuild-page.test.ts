import { describe, expect, it } from 'vitest'
import { Identity } from '../../../src/model/identity.ts'
import { eventBytes } from '../../../src/model/page.ts'
import { PageDraft } from '../../../src/sources/page-draft.ts'
import { deduplicate } from '../../../src/store/deduplicate.ts'
import { rebuildRouting } from '../../../src/store/rebuild-page.ts'
import { RecentEvents } from '../../../src/store/recent-events.ts'

const identity = new Identity(new Uint8Array(32).fill(3))

function draft(...events: string[]): ReturnType<PageDraft['page']> {
  const page = new PageDraft({ name: 's', type: 't' }, identity)
  for (const text of events) {
    const bytes = Buffer.from(text)
    const refusal = page.add(bytes, 0, bytes.length)
    if (refusal) throw new Error(refusal.detail)
  }
  return page.page()
}

const time = '"event_type":"t","occurred_at":"2026-05-17T08:00:00Z"'

describe('a page that must be rebuilt', () => {
  it.each([
    ['plain', `{"event_id":"a",${time},"data":1}`, `{"event_id":"a",${time},"data":2}`],
    ['escaped', `{"event_id":"\\u0061\\n",${time}}`, `{"event_id":"\\u0061\\n",${time},"data":{"event_id":"b"}}`],
    ['with the key itself escaped', `{"event\\u005fid":"a",${time}}`, `{"event\\u005fid":"a",${time},"data":7}`],
    [
      'row 39: with the key twice',
      `{"event_id":"x","event_id":"a",${time}}`,
      `{"event_id":"x","event_id":"a",${time},"data":7}`,
    ],
    ['last in the event', `{${time},"event_id":"a"}`, `{${time},"data":3,"event_id":"a"}`],
  ])('puts the suffix into every event_id: %s', (_, first, second) => {
    const recent = new RecentEvents()
    deduplicate(draft(first), { recent, older: null }, identity)
    const page = draft(second)
    const { page: rebuilt, conflicts, kept } = deduplicate(page, { recent, older: null }, identity)
    const before = Buffer.from(eventBytes(page, 0)).toString()
    const after = Buffer.from(eventBytes(rebuilt, 0)).toString()
    const suffix = (conflicts[0]?.newEventId ?? '').slice(-17)
    expect(suffix).toMatch(/^~[0-9a-f]{16}$/)
    expect(after.replaceAll(suffix, '')).toBe(before)
    expect((JSON.parse(after) as { event_id: string }).event_id).toBe(conflicts[0]?.newEventId)
    expect(kept).toEqual([0])
    expect(rebuilt.bytes.at(-1)).toBe(10)
    expect([...rebuilt.offsets]).toEqual([0, rebuilt.bytes.length])
  })

  it('leaves a page alone in which everything is new', () => {
    const page = draft(`{"event_id":"a",${time}}`)
    const remembered = { recent: new RecentEvents(), older: null }
    expect(deduplicate(page, remembered, identity)).toEqual({ page, kept: null, duplicates: 0, conflicts: [] })
  })

  it('moves the bits of what stays', () => {
    const bitmap = Uint8Array.of(0b10110101, 0b1)
    expect(rebuildRouting({ destination: 'd', bitmap, matched: 6 }, [0, 1, 4, 7, 8])).toEqual({
      destination: 'd',
      bitmap: Uint8Array.of(0b11101),
      matched: 4,
    })
  })
})
