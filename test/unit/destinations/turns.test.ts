import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Turns } from '../../../src/destinations/turns.ts'

describe('Turns', () => {
  it('runs one piece at a time in the order of asking, also after one that failed', async () => {
    const turns = new Turns()
    const { signal } = new AbortController()
    const steps: string[] = []
    const piece = (name: string) => async () => {
      steps.push(`${name} begins`)
      await Promise.resolve()
      steps.push(`${name} ends`)
      if (name === 'b') throw new Error('b failed')
      return name
    }
    const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => turns.run(piece(name), signal)))
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('lets go of whoever waits when the signal aborts, and never begins what had not begun', async () => {
    const turns = new Turns()
    const controller = new AbortController()
    const reason = new Error('stop')
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    let begun = false
    const first = turns.run(() => held, controller.signal)
    const second = turns.run(() => Promise.resolve((begun = true)), controller.signal)
    controller.abort(reason)
    await expect(first).rejects.toBe(reason)
    await expect(second).rejects.toBe(reason)
    release()
    await turns.idle()
    expect(begun).toBe(false)
    await expect(turns.run(() => Promise.resolve(1), new AbortController().signal)).resolves.toBe(1)
  })
})
