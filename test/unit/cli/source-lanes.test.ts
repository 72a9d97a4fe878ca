// The lanes that `sources show` lists: in which order, how wide, and within 80 columns.
import { expect, it } from 'vitest'
import { paintFor } from '../../../src/cli/paint.ts'
import { shownSourceList } from '../../../src/cli/control-view.ts'
import { sourceLines } from '../../../src/cli/sources/render.ts'
import { lanesOf, type SourceDetail } from '../../../src/cli/sources/view.ts'
import { textWidth } from '../../../src/cli/text-width.ts'
import { movesTo } from '../../../src/polling/reset.ts'
import { stateText } from '../../../src/polling/window-state.ts'
import { laneFrom } from '../../../src/polling/window.ts'
import { NOW } from './fake-world.ts'
import { about } from '../../../src/store/notices.ts'
import { source, well } from './overviews.ts'

const hour = 3_600_000
const at = (lane: string, part = '', width = hour) => ({
  lane,
  part,
  seq: 1,
  value: stateText(laneFrom(NOW - 500, width)),
})

it('sweeps stand in the order of their delays', () => {
  const lanes = lanesOf([at('sweep 24h'), at('sweep 1h'), at('backfill 3'), at('sweep 6h'), at('live')], NOW)
  expect(lanes.map(({ lane }) => lane)).toEqual(['live', 'sweep 1h', 'sweep 6h', 'sweep 24h', 'backfill 3'])
})

it('a lane is no wider than the file allows, also after a reset', () => {
  const [move] = movesTo([at('live')], { part: null, to: NOW - 5 * hour })
  const cursors = [{ ...at('live'), value: move?.value ?? '' }]
  expect(lanesOf(cursors, NOW, hour)[0]?.widthMs).toBe(hour)
  expect(lanesOf(cursors, NOW)[0]?.widthMs).toBeNull()
})

it('long parts are cut where there is no room, and nothing is told in less than seconds', () => {
  const lanes = lanesOf(
    [at('live', '3f0c2a52-7d0e-4a4f-9a1a-6d2f0d6f3b11/very-long-audit-log'), at('backfill 1234', 'b')],
    NOW,
  )
  const detail: SourceDetail = {
    shown: {
      name: 'app',
      type: 'http',
      status: 'Active',
      why: [],
      pulled: 1,
      lastEventAt: NOW - 7,
      lastPullAt: NOW - 707,
      nextPullAt: NOW + 5,
    },
    known: source(),
    schedule: null,
    windows: undefined,
    lanes,
    ownCursors: 0,
    backfills: [],
    gaps: [],
    forgottenTo: null,
    now: NOW,
  }
  const lines = sourceLines(detail, { paint: paintFor({ colour: 0 }), width: 80 })
  expect(lines.filter((line) => textWidth(line) > 80)).toEqual([])
  expect(lines.join('\n')).not.toMatch(/\dms/)
  const gap = {
    ...about('source_gap', { data: { from: '2026-05-17T07:00:00Z', reason: 'gone' } }),
    id: 1,
    at: NOW,
    carried: true,
  }
  const withGap = sourceLines({ ...detail, gaps: [gap] }, { paint: paintFor({ colour: 0 }), width: 80 })
  expect(withGap.join('\n')).toContain('2026-05-17T07:00:00Z on: gone')
})

it('where no relay runs, no source is read next', () => {
  const lastPull = { at: NOW, ok: true, error: null, nextAt: NOW + hour, notices: [] }
  const overview = { ...well, sources: [source({ lastPull })] }
  expect(shownSourceList(overview, undefined)[0]?.nextPullAt).toBe(NOW + hour)
  expect(shownSourceList({ ...overview, running: false }, undefined)[0]?.nextPullAt).toBeNull()
})
