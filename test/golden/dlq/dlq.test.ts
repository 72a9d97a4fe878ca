// What the `dlq` commands look like: reviewed text, narrow, wide and without a terminal.
import { expect, test } from 'vitest'
import { listLines } from '../../../src/cli/dlq/list.ts'
import { showLines } from '../../../src/cli/dlq/show.ts'
import { GroupTally, statsLines } from '../../../src/cli/dlq/stats.ts'
import { paintFor } from '../../../src/cli/paint.ts'
import { textWidth } from '../../../src/cli/text-width.ts'
import { printable } from '../../../src/telemetry/escape.ts'
import { letter } from '../../unit/cli/dlq-letters.ts'
import { NOW } from '../../unit/cli/fake-world.ts'

const minute = 60_000
const uuid = '018f4a3e-5c1d-7b2a-9e77-3f0c5d2a'

const refused = letter(1, {
  eventId: `${uuid}0001`,
  attempts: 3,
  history: [
    { at: NOW - 90 * minute, attempts: 1, code: 'http_503', text: 'the receiver answered 503: try later', status: 503 },
    { at: NOW - 75 * minute, attempts: 2, code: 'timeout', text: 'no answer within 30s' },
  ],
  firstAttemptedAt: NOW - 90 * minute,
  members: ',"actor":{"kind":"user","id":"u-17"},"data":{"n":9007199254740993,"roles":[],"note":"\\u001b[31mred\u202e"}',
})
const spent = letter(2, {
  eventId: `${uuid}0002`,
  eventType: 'session.policy.evaluated',
  destination: 'splunk-security',
  cause: 'exhausted',
  attempts: 6,
  reason: { code: 'http_500', text: 'the receiver answered 500: <html>\u001b[2Jinternal error</html>', status: 500 },
})
const large = letter(3, {
  eventId: '日本の出来事-42',
  cause: 'too_large',
  provisional: true,
  reason: { code: 'http_413', text: 'the receiver answered 413 (lower max_bytes or batch of this destination)', status: 413 },
})
const all = [refused, spent, large]

const tally = new GroupTally()
for (let seq = 0; seq < 9800; seq++) tally.add({ ...refused, seq, diedAt: NOW - 26 * 60 * minute + seq * 1000 })
for (let seq = 0; seq < 150; seq++) tally.add({ ...spent, seq, diedAt: NOW - 3 * minute - seq })
for (let seq = 0; seq < 50; seq++) tally.add({ ...large, seq })

const purges = [
  { name: 'siem', dead: 9850, purge: { letters: 4200, inMs: 18 * 60 * minute } },
  { name: 'splunk-security', dead: 150, purge: null },
]

const looks = {
  list: (view) => listLines({ shown: all, total: 10_000, ...view }),
  show: (view) => showLines(refused, view),
  'show-provisional': (view) => showLines(large, view),
  stats: (view) => statsLines({ groups: tally.groups(), purges, ...view }),
} satisfies Record<string, (view: Parameters<typeof showLines>[1]) => readonly string[]>

/** A command or a line of JSON is there to be copied and is never broken. */
function isCopied(line: string): boolean {
  return /^ *(audit-relay|["{}[\]])/.test(line)
}

for (const [name, look] of Object.entries(looks))
  for (const width of [80, 140, undefined])
    test(`dlq ${name} on ${width ?? 'unlimited'} columns`, async () => {
      const lines = look({ now: NOW, paint: paintFor({ colour: 0 }), width })
      await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`${name}-${width ?? 'unlimited'}.txt`)
      for (const line of lines) expect(line).toBe(printable(line))
      const broken = lines.filter((line) => !isCopied(line) && textWidth(line) > (width ?? Infinity))
      expect(broken).toEqual([])
    })

test('nothing at all is good news', () => {
  const view = { now: NOW, paint: paintFor({ colour: 0 }), width: 80 }
  expect(listLines({ shown: [], total: 0, ...view })).toEqual(['no dead letter matches'])
  expect(statsLines({ groups: [], purges: [], ...view })).toEqual(['no dead letter matches'])
})
