import { describe, expect, it } from 'vitest'
import { SharedSource } from '../../../src/polling/shared-source.ts'
import { SourceClock } from '../../../src/polling/source-clock.ts'
import type { SourceNotice } from '../../../src/sources/source.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const start = Date.UTC(2026, 4, 17, 8)
const minute = 60_000

function stage() {
  const clock = new TestClock(start, 1)
  const notices: SourceNotice[] = []
  const source = new SourceClock(clock, (notice) => void notices.push(notice))
  return { clock, notices, source }
}

const at = (ms: number) => ({ date: new Date(ms).toUTCString() })

describe('SourceClock', () => {
  it('is the local clock until an answer says what time it is', () => {
    const { clock, source } = stage()
    expect(source.now()).toBe(start)
    clock.jump(5)
    source.observe({})
    source.observe({ date: 'yesterday' })
    source.observe({ date: '' })
    expect(source.now()).toBe(start + 5)
  })

  it.each([-10, -9, -1, -0.5, 0, 0.5, 1, 9, 10])(
    'row 25: follows a source whose clock is %d minutes off',
    async (off) => {
      const { clock, source, notices } = stage()
      source.observe(at(start + off * minute))
      expect(source.now()).toBe(start + off * minute)
      await clock.advance(90_500)
      expect(source.now()).toBe(start + off * minute + 90_500)
      expect(notices).toEqual([])
    },
  )

  it('takes the beginning of the second that a Date names', () => {
    const { source } = stage()
    source.observe(at(start + 1_999))
    expect(source.now()).toBe(start + 1_000)
  })

  it('adds how long a cache kept the answer', () => {
    const { source } = stage()
    source.observe({ ...at(start - 120_000), age: '120' })
    expect(source.now()).toBe(start)
    source.observe({ ...at(start), age: '-1, nonsense' })
    expect(source.now()).toBe(start)
  })

  it.each([11, 60, 525_600])('takes the earlier clock when they differ by %d minutes, and says so once', (off) => {
    for (const sign of [-1, 1]) {
      const { source, notices } = stage()
      for (let times = 0; times < 3; times++) source.observe(at(start + sign * off * minute))
      expect(source.now()).toBe(sign < 0 ? start - off * minute : start)
      expect(notices.map(({ code, level }) => [code, level])).toEqual([['clock_disagrees', 'warning']])
      expect(notices[0]?.text).toContain(sign < 0 ? 'behind' : 'ahead of')
      expect(notices[0]?.text).toContain(`clock is ${off === 11 ? '11m' : off === 60 ? '1h' : '365d'} `)
      source.observe(at(start))
      source.observe(at(start + sign * off * minute))
      expect(notices.map(({ level }) => level)).toEqual(['warning', 'info', 'warning'])
    }
  })

  it('tells whoever opens the source next, too', () => {
    const clock = new TestClock(start, 1)
    const shared = new SharedSource(clock)
    const heard: string[] = []
    shared.hear(({ level }) => void heard.push(`first ${level}`))
    shared.clock.observe(at(start + 60 * minute))
    shared.hear(({ level }) => void heard.push(`second ${level}`))
    shared.clock.now()
    shared.clock.now()
    expect(heard).toEqual(['first warning', 'second warning'])
  })

  it('row 24: says so when the local clock is set, also when no answer comes any more', () => {
    const { clock, source, notices } = stage()
    source.observe(at(start))
    clock.jump(-60 * minute)
    expect([source.now(), source.now()]).toEqual([start - 60 * minute, start - 60 * minute])
    expect(notices.map(({ code, level }) => [code, level])).toEqual([['clock_disagrees', 'warning']])
    clock.jump(60 * minute)
    expect(source.now()).toBe(start)
    expect(notices.map(({ level }) => level)).toEqual(['warning', 'info'])
  })

  it.each([3_600_000, -3_600_000, 365 * 86_400_000, -365 * 86_400_000])(
    'row 24: never runs ahead of the source when the local clock jumps by %d ms',
    async (jump) => {
      const { clock, source } = stage()
      source.observe(at(start))
      await clock.advance(1_000)
      clock.jump(jump)
      expect(source.now()).toBeLessThanOrEqual(start + 1_000)
      source.observe(at(start + 1_000))
      clock.jump(-jump)
      expect(source.now()).toBe(start + 1_000)
    },
  )
})
