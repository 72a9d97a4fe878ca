// How `sources show` looks at several widths, and its machine form.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { paintFor } from '../../../src/cli/paint.ts'
import { sourceJson } from '../../../src/cli/sources/json.ts'
import { sourceLines } from '../../../src/cli/sources/render.ts'
import { lanesOf, type SourceDetail } from '../../../src/cli/sources/view.ts'
import { stateText } from '../../../src/polling/window-state.ts'
import { laneFrom, plan } from '../../../src/polling/window.ts'
import { about } from '../../../src/store/notices.ts'
import { NOW } from '../../unit/cli/fake-world.ts'
import { source } from '../../unit/cli/overviews.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const laneAt = (ago: number, width: number): string => stateText(laneFrom(NOW - ago, width))
/** A window that is being read, of a stretch that goes on to now. */
const reading = (ago: number, width: number): string => {
  const rules = { lagMs: 0, overlapMs: 0, maxWindowMs: width, stepMs: 0 }
  const begun = plan(laneFrom(NOW - ago, width), rules, NOW, NOW)
  return stateText({ ...begun!, open: { ...begun!.open!, progress: 'page 3' } })
}
const cursor = (lane: string, part: string, value: string) => ({ lane, part, value, seq: 1 })

const windowed: SourceDetail = {
  shown: {
    name: 'identity',
    type: 'zitadel',
    status: 'Active with errors',
    why: [],
    pulled: 12_350,
    lastEventAt: NOW - 90_000,
    lastPullAt: NOW - 12_000,
    nextPullAt: NOW + 18_000,
  },
  known: source({
    name: 'identity',
    lastPull: {
      at: NOW - 12_000,
      ok: false,
      error: 'HTTP 403: the token may not read events; give its user the role IAM_OWNER_VIEWER',
      nextAt: NOW + 18_000,
      notices: [{ level: 'warning', code: 'key_expires', subject: '', text: 'the key expires in 9d; make a new one' }],
    },
    late: [
      { lane: 'live', buckets: [12, 3, 0, 0, 0, 0, 0, 0, 0] },
      { lane: 'sweep 1h', buckets: [0, 0, 0, 2, 0, 0, 0, 0, 1] },
    ],
    quarantine: [{ at: NOW - 2 * hour, reason: 'unmappable', detail: 'no "creationDate"', place: 'window 07:00 record 5' }],
    quarantined: 1,
  }),
  schedule: 'every 30s',
  windows: {
    startMs: 0,
    settleMs: minute,
    overlapMs: 5 * minute,
    maxWindowMs: hour,
    sweepsMs: [hour, day],
    retentionMs: 90 * day,
  },
  lanes: lanesOf(
    [
      cursor('backfill 12', 'org-1', reading(20 * day, hour)),
      cursor('live', 'org-1', laneAt(72_000, hour)),
      cursor('live', 'org-2', reading(3 * hour, 30 * minute)),
      cursor('sweep 1h', 'org-1', laneAt(hour + 12 * minute, hour)),
    ],
    NOW,
  ),
  ownCursors: 0,
  backfills: [
    {
      id: 12,
      at: NOW - hour,
      by: 'mina',
      asked: { kind: 'backfill', source: 'identity', from: NOW - 30 * day, to: NOW - 10 * day, perSecond: 100, again: false },
      state: 'running',
      counts: { chosen: 0, taken: 0, skipped: 0, delivered: 0, dead: 0, dropped: 0 },
      text: null,
      finishedAt: null,
      backfilled: { pages: 240, new: 1200, known: 220_000, quarantined: 0, covered: 0.503, trouble: 'HTTP 429' },
    },
    {
      id: 14,
      at: NOW - minute,
      by: 'otto',
      asked: { kind: 'backfill', source: 'identity', from: NOW - 9 * day, to: NOW - 8 * day, perSecond: null, again: true },
      state: 'asked',
      counts: { chosen: 0, taken: 0, skipped: 0, delivered: 0, dead: 0, dropped: 0 },
      text: null,
      finishedAt: null,
    },
  ],
  gaps: [
    {
      ...about('source_gap', {
        outcome: 'failure',
        source: 'identity',
        by: 'mina',
        data: {
          source: 'identity',
          code: 'skipped',
          subject: 'org-1',
          from: '2026-05-01T00:00:00Z',
          to: '2026-05-02T00:00:00Z',
          reason: 'passed over by command',
        },
      }),
      id: 7,
      at: NOW - 3 * day,
      carried: true,
    },
  ],
  forgottenTo: NOW - 14 * day,
  now: NOW,
}

const ownPlace: SourceDetail = {
  ...windowed,
  shown: { ...windowed.shown, name: 'app', type: 'outbox', status: 'Inactive', why: ['command'], nextPullAt: null },
  known: source(),
  schedule: null,
  windows: null,
  lanes: [],
  ownCursors: 3,
  backfills: [],
  gaps: [],
  forgottenTo: null,
}

const details = { windowed, 'own-place': ownPlace }

for (const [name, detail] of Object.entries(details)) {
  test.each([80, 140])(`${name}, %i columns`, async (width) => {
    const lines = sourceLines(detail, { paint: paintFor({ colour: 0 }), width })
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(join(import.meta.dirname, `${name}-${width}.txt`))
  })

  test(`${name}, machine form`, async () => {
    const text = `${JSON.stringify(sourceJson(detail), null, 2)}\n`
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, `${name}.json`))
  })
}
