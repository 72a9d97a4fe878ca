// The pollers that run: those of sources that are enabled; one rests while a piece of work changes its source.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Poller, Pull } from '../../../src/polling/poller.ts'
import { Pollers } from '../../../src/polling/pollers.ts'
import type { Store } from '../../../src/store/store.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const done: Pull = { ok: true, events: 0, nextInMs: 1000 }

/** What is used of a poller. */
class FakePoller {
  readonly name: string
  running = false
  runs = 0
  steps = 0
  closes = 0
  /** Ends the page that it is at; a run ends with it once it is told to drain. */
  page: Promise<void> = Promise.resolve()
  outcome: () => Promise<Pull> = async () => done
  fail: (error: Error) => void = () => {}

  constructor(name: string) {
    this.name = name
  }

  async run(drain: AbortSignal): Promise<void> {
    this.runs++
    this.running = true
    const failed = new Promise<never>((_, reject) => (this.fail = reject))
    const drained = new Promise((resolve) => drain.addEventListener('abort', resolve, { once: true }))
    await Promise.race([drained.then(() => this.page), failed]).finally(() => (this.running = false))
  }

  due = true
  isDue(): boolean {
    return this.due
  }

  putOff(): Pull | null {
    return this.due ? null : { ok: false, events: 0, nextInMs: 60_000 }
  }

  told = false
  async step(signal: AbortSignal): Promise<Pull> {
    this.steps++
    signal.addEventListener('abort', () => (this.told = true))
    return this.outcome()
  }

  async close(): Promise<void> {
    this.closes++
  }
}

let clock: TestClock
let app: FakePoller
let billing: FakePoller
let disabled: Set<string>
let pollers: Pollers
let drain: AbortController
let crewed: { ended: string | null }

beforeEach(() => {
  clock = new TestClock()
  app = new FakePoller('app')
  billing = new FakePoller('billing')
  disabled = new Set()
  drain = new AbortController()
  crewed = { ended: null }
  // The state has not heard of `billing` until it was read.
  const overview = async () => ({
    sources: ['app', ...disabled].map((name) => ({ name, enabled: !disabled.has(name) })),
  })
  pollers = new Pollers({
    store: { overview } as unknown as Store,
    clock,
    pollers: [app, billing] as unknown as Poller[],
    configured: ['app', 'billing'],
  })
})

async function run(): Promise<void> {
  pollers.run({ drain: drain.signal, abort: new AbortController().signal }).then(
    () => (crewed.ended = 'well'),
    (error: unknown) => (crewed.ended = (error as Error).message),
  )
  await clock.settle()
}

describe('run', () => {
  it('pulls what nobody has disabled, until it is told to drain', async () => {
    disabled.add('app')
    await run()
    expect([app.runs, billing.running]).toEqual([0, true])
    drain.abort()
    await clock.settle()
    expect([billing.running, crewed.ended]).toEqual([false, 'well'])
  })

  it('ends with the page that a source is at', async () => {
    await run()
    let end = (): void => {}
    app.page = new Promise((resolve) => (end = resolve))
    drain.abort()
    await clock.advance(60_000)
    expect([app.running, billing.running, crewed.ended]).toEqual([true, false, null])
    end()
    await clock.settle()
    expect(crewed.ended).toBe('well')
  })

  it('one that fails ends the others, and says why', async () => {
    await run()
    app.fail(new Error('the store is gone'))
    await clock.settle()
    expect([billing.running, crewed.ended]).toEqual([false, 'the store is gone'])
  })
})

describe('a piece of work', () => {
  it('rests its source and no other, which is then read again', async () => {
    await run()
    const seen = await pollers.with('app', async () => [app.running, billing.running])
    await clock.settle()
    expect([seen, app.running, app.runs, billing.runs]).toEqual([[false, true], true, 2, 1])
  })

  it('that disables leaves it unread; one that enables has it read', async () => {
    await run()
    await pollers.with('app', async () => disabled.add('app'))
    await clock.settle()
    expect([app.running, app.runs]).toEqual([false, 1])
    await pollers.with('app', async () => disabled.delete('app'))
    await clock.settle()
    expect([app.running, app.runs]).toEqual([true, 2])
  })

  it('waits for the page that the source is at, however long', async () => {
    await run()
    let end = (): void => {}
    app.page = new Promise((resolve) => (end = resolve))
    let began = false
    const work = pollers.with('app', async () => (began = true))
    await clock.advance(10 * 60_000)
    expect(began).toBe(false)
    end()
    await work
    expect(began).toBe(true)
  })

  it('that fails is told to its caller, and the source is read again', async () => {
    await run()
    await expect(pollers.with('app', async () => Promise.reject(new Error('no room')))).rejects.toThrow('no room')
    await clock.settle()
    expect([app.running, crewed.ended]).toEqual([true, null])
  })

  it('takes its turn', async () => {
    await run()
    const log: string[] = []
    const piece = (name: string) =>
      pollers.with('app', async () => {
        log.push(`${name} ${app.running}`)
        await clock.sleep(1000)
        log.push(`${name} ends`)
      })
    const both = Promise.all([piece('first'), piece('second')])
    await clock.advance(2000)
    await both
    expect(log).toEqual(['first false', 'first ends', 'second false', 'second ends'])
  })

  it('under way when all are told to drain is waited for, and nothing is read again', async () => {
    await run()
    const work = pollers.with('app', () => clock.sleep(1000))
    await clock.settle()
    drain.abort()
    await clock.settle()
    expect(crewed.ended).toBeNull()
    await clock.advance(1000)
    await work
    await clock.settle()
    expect([crewed.ended, app.runs]).toEqual(['well', 1])
  })

  it('for a source that nobody reads is done all the same', async () => {
    await run()
    expect(await pollers.with('gone', async () => 'done')).toBe('done')
  })
})

describe('once', () => {
  it('pulls each that is enabled one time, closes it, and says how it went', async () => {
    disabled.add('billing')
    app.outcome = async () => ({ ok: false, events: 3, nextInMs: 5 })
    expect(await pollers.once(drain.signal)).toEqual([{ ok: false, events: 3, nextInMs: 5 }])
    expect([app.steps, app.closes, billing.steps, billing.closes]).toEqual([1, 1, 0, 0])
  })

  it('a short wait that a source asks for is waited for; a long one, and other failures, end it', async () => {
    disabled.add('billing')
    const answers = [
      { ok: false, limited: true, events: 3, nextInMs: 5000 },
      { ok: false, limited: true, events: 0, nextInMs: 9000 },
      { ok: true, events: 2, nextInMs: 1 },
    ]
    app.outcome = async () => answers[app.steps - 1] as Pull
    const once = pollers.once(drain.signal, 15_000)
    await clock.advance(14_000)
    expect(await once).toEqual([{ ok: true, events: 5, nextInMs: 1 }])
    app.steps = 0
    app.outcome = async () => ({ ok: false, limited: true, events: 0, nextInMs: 16_000 })
    expect(await pollers.once(drain.signal, 15_000)).toMatchObject([{ ok: false }])
    app.outcome = async () => ({ ok: false, events: 0, nextInMs: 1000 })
    expect(await pollers.once(drain.signal, 15_000)).toMatchObject([{ ok: false }])
    expect(app.steps).toBe(2)
  })

  it('one that may not be asked yet after a failure counts as failed', async () => {
    app.due = false
    expect((await pollers.once(drain.signal)).map(({ ok }) => ok)).toEqual([true, false])
    expect([app.steps, app.closes, billing.steps]).toEqual([0, 0, 1])
  })

  it('the first fault is the one that is shown: the others end the page that they are at before they are closed', async () => {
    app.outcome = async () => Promise.reject(new Error('the store is gone'))
    let end = (): void => {}
    billing.outcome = async () => {
      await new Promise<void>((resolve) => (end = resolve))
      if (billing.closes > 0) throw new Error('closed while it read')
      throw new Error('a later fault')
    }
    const once = pollers.once(drain.signal)
    once.catch(() => {})
    await clock.settle()
    expect([app.closes, billing.closes, billing.told]).toEqual([0, 0, true])
    end()
    await expect(once).rejects.toThrow('the store is gone')
    expect([app.closes, billing.closes]).toEqual([1, 1])
  })

  it('closes all of them when one fails', async () => {
    app.outcome = async () => Promise.reject(new Error('the store is gone'))
    await expect(pollers.once(drain.signal)).rejects.toThrow('the store is gone')
    expect([app.closes, billing.closes]).toEqual([1, 1])
  })
})
