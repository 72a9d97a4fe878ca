// Loops side by side: stopped one by one, started again, aborted when their grace is over, ended together when one fails.
import { beforeEach, describe, expect, it } from 'vitest'
import { Crew, type Loop } from '../../../src/runtime/crew.ts'
import { TestClock } from '../../fakes/test-clock.ts'

/** A loop that ends when the test, or one of the signals that it heeds, says so. */
class FakeLoop implements Loop {
  readonly graceMs = 5_000
  starts = 0
  running = false
  drained = false
  aborted = false
  readonly #heeds: 'drain' | 'abort' | 'nothing'
  #end: (error?: Error) => void = () => {}

  constructor(heeds: 'drain' | 'abort' | 'nothing' = 'drain') {
    this.#heeds = heeds
  }

  async run(signals: { readonly drain: AbortSignal; readonly abort: AbortSignal }): Promise<void> {
    this.starts++
    this.running = true
    this.drained = this.aborted = false
    const ended = new Promise<void>((resolve, reject) => {
      this.#end = (error) => (error ? reject(error) : resolve())
    })
    signals.drain.addEventListener('abort', () => (this.drained = true))
    signals.abort.addEventListener('abort', () => (this.aborted = true))
    if (this.#heeds !== 'nothing') signals[this.#heeds].addEventListener('abort', () => this.#end())
    await ended.finally(() => (this.running = false))
  }

  end(error?: Error): void {
    this.#end(error)
  }
}

let clock: TestClock
let crew: Crew
let drain: AbortController
let abort: AbortController
beforeEach(() => {
  clock = new TestClock()
  crew = new Crew(clock)
  drain = new AbortController()
  abort = new AbortController()
})

/** Runs them; `ended` says how, once it has. */
async function run(loops: Readonly<Record<string, Loop>>): Promise<{ ended: string | null }> {
  const seen: { ended: string | null } = { ended: null }
  crew.run({ drain: drain.signal, abort: abort.signal }, new Map(Object.entries(loops))).then(
    () => (seen.ended = 'well'),
    (error: unknown) => (seen.ended = (error as Error).message),
  )
  await clock.settle()
  return seen
}

describe('all together', () => {
  it('run until they are told to drain, and the crew ends when the last one has', async () => {
    const [a, b] = [new FakeLoop(), new FakeLoop('nothing')]
    const crewed = await run({ a, b })
    expect([a.running, b.running, crew.open]).toEqual([true, true, true])
    drain.abort()
    await clock.settle()
    expect([a.running, b.running, b.drained, b.aborted, crewed.ended, crew.open]).toEqual([
      false,
      true,
      true,
      false,
      null,
      false,
    ])
    b.end()
    await clock.settle()
    expect(crewed.ended).toBe('well')
  })

  it('are aborted by the signal to abort, and not by time', async () => {
    const a = new FakeLoop('abort')
    const crewed = await run({ a })
    drain.abort()
    await clock.advance(10 * a.graceMs)
    expect([a.aborted, crewed.ended]).toEqual([false, null])
    abort.abort()
    await clock.settle()
    expect(crewed.ended).toBe('well')
  })

  it('one that fails ends all the others at once, and the first error is the crew’s', async () => {
    const [a, b, slow] = [new FakeLoop(), new FakeLoop('abort'), new FakeLoop('nothing')]
    const crewed = await run({ a, b, slow })
    a.end(new Error('the disk is gone'))
    await clock.settle()
    expect([b.running, slow.drained, slow.aborted, crewed.ended, crew.open]).toEqual([false, true, true, null, false])
    slow.end(new Error('and more'))
    await clock.settle()
    expect(crewed.ended).toBe('the disk is gone')
  })

  it('one that ends by itself ends nobody', async () => {
    const [a, b] = [new FakeLoop(), new FakeLoop()]
    const crewed = await run({ a, b })
    a.end()
    await clock.settle()
    expect([b.running, b.drained, crewed.ended]).toEqual([true, false, null])
    drain.abort()
    await clock.settle()
    expect(crewed.ended).toBe('well')
  })
})

describe('stopping one', () => {
  it('leaves the others alone, and it can be started again', async () => {
    const [a, b] = [new FakeLoop(), new FakeLoop()]
    await run({ a, b })
    await crew.stop('a')
    expect([a.running, a.aborted, b.running, b.drained]).toEqual([false, false, true, false])
    crew.start('a', a)
    expect([a.running, a.starts]).toEqual([true, 2])
    expect(clock.pending).toBe(0)
  })

  it('aborts it when its grace is over, and not before', async () => {
    const a = new FakeLoop('abort')
    await run({ a })
    let stopped = false
    void crew.stop('a').then(() => (stopped = true))
    await clock.advance(a.graceMs - 1)
    expect([a.drained, a.aborted, stopped]).toEqual([true, false, false])
    await clock.advance(1)
    expect([a.aborted, stopped]).toEqual([true, true])
  })

  it('waits for one that heeds nothing', async () => {
    const a = new FakeLoop('nothing')
    await run({ a })
    let stopped = false
    void crew.stop('a').then(() => (stopped = true))
    await clock.advance(10 * a.graceMs)
    expect(stopped).toBe(false)
    a.end()
    await clock.settle()
    expect(stopped).toBe(true)
  })

  it('does nothing for a name that nobody has, and frees the name of one that has ended by itself', async () => {
    const a = new FakeLoop()
    await run({ a })
    await crew.stop('nobody')
    a.end()
    await clock.settle()
    await crew.stop('a')
    crew.start('a', a)
    expect(a.starts).toBe(2)
  })

  it('one that fails while it is stopped is the crew’s failure', async () => {
    const [a, b] = [new FakeLoop('nothing'), new FakeLoop()]
    const crewed = await run({ a, b })
    const stopped = crew.stop('a')
    a.end(new Error('too late'))
    await stopped
    await clock.settle()
    expect(crewed.ended).toBe('too late')
  })
})

describe('starting', () => {
  it('is nothing before the crew runs and after it was told to drain', async () => {
    const a = new FakeLoop()
    crew.start('a', a)
    expect([a.starts, crew.open]).toEqual([0, false])
    await run({})
    drain.abort()
    crew.start('a', a)
    expect(a.starts).toBe(0)
  })

  it('twice under one name is a fault', async () => {
    const a = new FakeLoop()
    await run({ a })
    expect(() => crew.start('a', new FakeLoop())).toThrow('a runs already')
  })
})

describe('pieces of work', () => {
  /** Work that ends when it is told to. */
  function piece(log: string[], name: string): { work: () => Promise<string>; end: (error?: Error) => void } {
    let end: (error?: Error) => void = () => {}
    const told = new Promise<void>((resolve, reject) => (end = (error) => (error ? reject(error) : resolve())))
    const work = async (): Promise<string> => {
      log.push(`${name} begins`)
      await told.finally(() => log.push(`${name} ends`))
      return name
    }
    return { work, end }
  }

  it('for one name take their turns; for another they do not wait', async () => {
    const log: string[] = []
    const [one, two, other] = [piece(log, 'one'), piece(log, 'two'), piece(log, 'other')]
    const first = crew.inTurn('a', one.work)
    const second = crew.inTurn('a', two.work)
    const third = crew.inTurn('b', other.work)
    await clock.settle()
    expect(log).toEqual(['one begins', 'other begins'])
    two.end()
    one.end()
    other.end()
    expect(await Promise.all([first, second, third])).toEqual(['one', 'two', 'other'])
    expect(log).toEqual(['one begins', 'other begins', 'one ends', 'other ends', 'two begins', 'two ends'])
  })

  it('one that fails fails for its caller, and the next has its turn', async () => {
    const log: string[] = []
    const [one, two] = [piece(log, 'one'), piece(log, 'two')]
    const first = crew.inTurn('a', one.work)
    const second = crew.inTurn('a', two.work)
    one.end(new Error('no'))
    two.end()
    await expect(first).rejects.toThrow('no')
    expect(await second).toBe('two')
  })

  it('are waited for by a crew that is told to drain', async () => {
    const crewed = await run({ a: new FakeLoop() })
    const log: string[] = []
    const one = piece(log, 'one')
    const worked = crew.inTurn('a', async () => {
      await crew.stop('a')
      return one.work()
    })
    await clock.settle()
    drain.abort()
    await clock.settle()
    expect([log, crewed.ended]).toEqual([['one begins'], null])
    one.end()
    await worked
    await clock.settle()
    expect(crewed.ended).toBe('well')
  })
})
