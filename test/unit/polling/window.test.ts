// The plan of one lane: no gap, no overlap beyond what is declared, it ends; and the text of its cursor.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SetupError } from '../../../src/model/errors.ts'
import {
  adapted,
  corrected,
  jumpTo,
  laneFrom,
  type LaneState,
  narrowed,
  narrowestMs,
  pageRead,
  plan,
  spare,
  windowRead,
} from '../../../src/polling/window.ts'
import { parseState, stateText, viewOf } from '../../../src/polling/window-state.ts'

const minute = 60_000
const rules = { lagMs: 10_000, overlapMs: 5 * minute, maxWindowMs: 60 * minute, stepMs: 0 }
const t0 = Date.UTC(2026, 4, 17, 8)

/** What happens to a lane: time passes and a pull is planned; a window is finished, halved, spared, or its clock corrected. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 3 * 60 * minute }) }),
  fc.record({ kind: fc.constant('read' as const), ms: fc.constant(0) }),
  fc.record({ kind: fc.constant('halve' as const), ms: fc.constant(0) }),
  fc.record({ kind: fc.constant('correct' as const), ms: fc.integer({ min: 0, max: 10 * minute }) }),
  fc.record({ kind: fc.constant('page' as const), ms: fc.constant(0) }),
)

describe('a lane', () => {
  it('reads everything before its frontier, in order, never past its lag, and its frontier never goes back', () => {
    const property = fc.property(
      fc.array(happening, { maxLength: 60 }),
      fc.constantFrom(0, 1000, minute),
      (all, overlapMs) => {
        const mine = { ...rules, overlapMs }
        let state: LaneState = laneFrom(t0, mine.maxWindowMs)
        let now = t0
        let readTo = t0
        for (const { kind, ms } of all) {
          const before = state.frontier
          if (kind === 'pass') now += ms
          state = plan(state, mine, now, now) ?? state
          const { open } = state
          if (!open) continue
          expect(open.at).toBeGreaterThanOrEqual(Math.max(state.floor, state.frontier - overlapMs))
          expect(open.at).toBeLessThanOrEqual(readTo)
          expect(open.until - open.at).toBeLessThanOrEqual(mine.maxWindowMs)
          expect(open.to).toBeLessThanOrEqual(now - mine.lagMs)
          // Two records that a source shows with the same second never lie in two windows that touch.
          expect([open.at, open.until, open.to, state.frontier].map((bound) => bound % 1000)).toEqual([0, 0, 0, 0])
          if (kind === 'page') state = pageRead(state, 'p')
          if (kind === 'halve') state = narrowed(state) ?? state
          if (kind === 'correct') state = corrected(state, open.asOf - ms)
          if (kind === 'read') {
            const { asOf } = state.open as NonNullable<LaneState['open']>
            readTo = Math.max(readTo, open.until)
            state = windowRead(state, mine)
            expect(state.frontier).toBeLessThanOrEqual(Math.max(before, asOf - mine.lagMs))
          }
          expect(state.frontier).toBeGreaterThanOrEqual(before)
          expect(state.frontier).toBeLessThanOrEqual(readTo)
        }
      },
    )
    fc.assert(property, { numRuns: 500 })
  })

  it('a stretch ends after as many windows as it is wide, and only what is declared is read twice', () => {
    const widths = fc.record({
      width: fc.integer({ min: 1, max: 90 * 60 }).map((seconds) => seconds * 1000),
      awayMs: fc.integer({ min: 1000, max: 2000 * minute }),
    })
    const property = fc.property(widths, ({ width, awayMs }) => {
      const mine = { ...rules, maxWindowMs: width }
      const now = t0 + awayMs + mine.lagMs
      let state = plan({ ...laneFrom(t0, width), floor: t0 - 60 * minute }, mine, now, now) as LaneState
      let windows = 0
      for (let at = t0 - mine.overlapMs; state.open; windows++) {
        expect(state.open.at).toBe(at)
        at = state.open.until
        state = windowRead(state, mine)
      }
      expect(windows).toBe(Math.ceil((awayMs - (awayMs % 1000) + mine.overlapMs) / width))
      expect(state.frontier).toBe(t0 + awayMs - (awayMs % 1000))
      expect(plan(state, mine, now, now)).toBeNull()
    })
    fc.assert(property, { numRuns: 100 })
  })

  it('halves down to a second, keeps its beginning, and grows back after four windows of its width', () => {
    let state = plan(laneFrom(t0, rules.maxWindowMs), rules, t0 + 900 * minute, Infinity) as LaneState
    for (let next = narrowed(state); next; next = narrowed(state)) {
      expect(next.open?.at).toBe(t0)
      state = next
    }
    expect(state.width).toBe(narrowestMs)
    for (let n = 0; n < 4; n++) state = windowRead(state, rules)
    expect(state.width).toBe(2 * narrowestMs)
  })

  it('one that stands within a second, or may be that wide, goes on at whole seconds; a period ends where it ends', () => {
    const mine = { ...rules, overlapMs: 0, maxWindowMs: 1500 }
    let state = plan(laneFrom(t0 + 250, mine.maxWindowMs), mine, t0 + minute, t0 + 3700) as LaneState
    const bounds: number[] = []
    for (; state.open; state = windowRead(state, mine)) bounds.push(state.open.at - t0, state.open.until - t0)
    expect(bounds).toEqual([250, 1000, 1000, 2000, 2000, 3000, 3000, 3700])
    expect(plan({ ...state, floor: t0 }, mine, t0 + minute, Infinity)?.open).toMatchObject({ at: t0 + 3000 })
  })

  it('is spared what was old enough, wherever that lies, and reads the rest', () => {
    let state: LaneState = laneFrom(t0, rules.maxWindowMs)
    const asOf = t0 + 500 * minute
    const sweep = { ...rules, lagMs: 60 * minute, overlapMs: 0, stepMs: 15 * minute }
    state = spare(state, { from: t0 + 100 * minute, to: t0 + 300 * minute }, asOf, sweep.lagMs)
    state = spare(state, { from: t0 + 300 * minute, to: t0 + 490 * minute }, asOf, sweep.lagMs)
    expect(state.frontier).toBe(t0)
    const read: number[] = []
    for (let next = plan(state, sweep, asOf, Infinity); next; next = plan(state, sweep, asOf, Infinity)) {
      read.push((next.open?.until ?? 0) - (next.open?.at ?? 0))
      state = windowRead(next, sweep)
    }
    expect(read).toEqual([60 * minute, 40 * minute])
    expect(state.frontier).toBe(asOf - 60 * minute)
  })

  it('row 29: what the source forgot is passed over, but not under a window that is half read', () => {
    const state = plan(laneFrom(t0, rules.maxWindowMs), rules, t0 + 90 * minute, Infinity) as LaneState
    const begun = windowRead(state, rules)
    expect(jumpTo(begun, t0 + 60 * minute)).toBeNull()
    expect(jumpTo(pageRead(begun, 'p'), t0 + 70 * minute)).toBeNull()
    const jump = jumpTo(begun, t0 + 70 * minute)
    expect(jump?.lost).toEqual({ from: t0 + 60 * minute, to: t0 + 70 * minute })
    expect(jump?.state).toMatchObject({ frontier: t0 + 70 * minute, open: null })
  })

  it('an open window that is wider than the file now allows begins anew, narrower', () => {
    const state = pageRead(plan(laneFrom(t0, rules.maxWindowMs), rules, t0 + 90 * minute, Infinity) as LaneState, 'p')
    expect(adapted(state, rules.maxWindowMs)).toEqual(state)
    expect(adapted(state, minute)).toMatchObject({
      width: minute,
      open: { at: t0, until: t0 + minute, progress: null },
    })
  })
})

describe('the text of a cursor', () => {
  const place = { source: 'okta', lane: 'live', part: 'a' }
  const state = pageRead(plan(laneFrom(t0, rules.maxWindowMs), rules, t0 + 90 * minute, Infinity) as LaneState, 'p')

  it('gives back what was written, and what an operator wants to see', () => {
    expect(parseState(stateText(state), place)).toEqual(state)
    expect(viewOf(stateText(state))).toEqual({
      frontier: t0,
      open: { from: t0, to: t0 + 60 * minute, begun: true },
      until: t0 + 90 * minute - rules.lagMs,
      widthMs: 60 * minute,
    })
    expect(viewOf('1234')).toBeNull()
  })

  it.each(['', '{', '{}', '12', 'null', stateText(state).slice(0, -1), stateText({ ...state, floor: t0 + 1 })])(
    'damaged, says what to do: %s',
    (text) => {
      expect(() => parseState(text, place)).toThrow(SetupError)
      expect(() => parseState(text, place)).toThrow('audit-relay sources reset okta')
    },
  )

  it('of a newer version is not read', () => {
    expect(() => parseState(stateText(state).replace('"v":1', '"v":2'), place)).toThrow('newer version')
  })
})
