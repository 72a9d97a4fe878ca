import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBatch, FORM_OVERHEAD_BYTES, type Form } from '../../../src/destinations/encode.ts'
import { Tag } from '../../../src/model/event.ts'
import { batchOf, eventText } from '../../fakes/batches.ts'

const strangeTexts = [
  '{"event_id":"1","data":{"n":9007199254740993,"f":1.0,"e":1E400,"z":-0,"2":1,"1":2}}',
  '{"event_id":"2","data":{"a":1,"a":2,"__proto__":{"x":1},"s":"\\ud800 \\/ é 𝒳 } ,"}}',
  '{"event_id":"3", "data": { } }',
]

describe('encodeBatch', () => {
  it.each(['array', 'lines'] as const)(
    'rows 39 to 42: %s carries the bytes of each event as they are, but for `stream` at the end',
    (form) => {
      const text = encodeBatch(batchOf(strangeTexts), form).toString()
      const stream =
        ',"stream":{"destination_id":"archive","attempt":1,"first_attempted_at":"2026-05-17T08:00:00.000Z"}}'
      const parts = strangeTexts.map((each) => each.slice(0, -1) + stream)
      expect(text).toBe(form === 'array' ? `[${parts.join(',')}]` : `${parts.join('\n')}\n`)
    },
  )

  it('gives each event its own attempt, time and tags', () => {
    const texts = [1, 2, 3, 4].map((id) => eventText(String(id)))
    const batch = batchOf(texts, (index) => ({
      attempt: index === 1 ? 4 : 1,
      tags: index === 2 ? Tag.duplicateKeys | Tag.filterFailed : 0,
      firstAttemptedAt: index === 3 ? '2026-05-16T00:00:00.000Z' : '2026-05-17T08:00:00.000Z',
    }))
    const streams = (JSON.parse(encodeBatch(batch, 'array').toString()) as { stream: unknown }[]).map(
      ({ stream }) => stream,
    )
    const usual = { destination_id: 'archive', attempt: 1, first_attempted_at: '2026-05-17T08:00:00.000Z' }
    expect(streams).toEqual([
      usual,
      { ...usual, attempt: 4 },
      { ...usual, tags: ['duplicate_keys', 'filter_failed'] },
      { ...usual, first_attempted_at: '2026-05-16T00:00:00.000Z' },
    ])
  })

  it('escapes the name of the destination', () => {
    const batch = batchOf([eventText('1')], undefined, 'a"b\n')
    expect(JSON.parse(encodeBatch(batch, 'object').toString())).toMatchObject({ stream: { destination_id: 'a"b\n' } })
  })

  it('any batch in any form parses back, has no byte too many and stays within the stated overhead', () => {
    const texts = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 3 })), {
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(texts, fc.constantFrom<Form>('array', 'lines'), (events, form) => {
        const batch = batchOf(
          events.map(([id]) => eventText(id)),
          (index) => ({ attempt: events[index]?.[1] ?? 1 }),
        )
        const bytes = encodeBatch(batch, form)
        const text = bytes.toString()
        const parsed = (
          form === 'array'
            ? JSON.parse(text)
            : text
                .trimEnd()
                .split('\n')
                .map((line) => JSON.parse(line) as unknown)
        ) as {
          event_id: string
          stream: { attempt: number }
        }[]
        expect(parsed.map((event) => [event.event_id, event.stream.attempt])).toEqual(events)
        const alone = batch.events.reduce(
          (sum, event) => sum + encodeBatch(batch, 'object', { events: [event] }).length,
          0,
        )
        expect(bytes.length - alone).toBeLessThanOrEqual(FORM_OVERHEAD_BYTES * events.length)
      }),
    )
  })
})
