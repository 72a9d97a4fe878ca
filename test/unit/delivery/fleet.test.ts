// The dispatchers that run: one rests while a piece of work changes its destination, the others go on, and what the state says
// afterwards decides whether it runs again.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Dispatcher, Standing, StopSignals } from '../../../src/delivery/dispatcher.ts'
import { Fleet, type FleetMember } from '../../../src/delivery/fleet.ts'
import type { Store } from '../../../src/store/store.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const timeoutMs = 30_000

/** What the fleet uses of a dispatcher and its late routing. */
class FakeMember {
  running = false
  late = false
  aborted = false
  wakes = 0
  looks = 0
  routes = true
  fail: (error: Error) => void = () => {}
  readonly timeoutMs = timeoutMs
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  async run({ drain, abort }: StopSignals): Promise<void> {
    this.running = true
    abort.addEventListener('abort', () => (this.aborted = true))
    const failed = new Promise<never>((_, reject) => (this.fail = reject))
    await Promise.race([fired(heedsDrain ? drain : abort), failed]).finally(() => (this.running = false))
  }

  wake(): void {
    this.wakes++
  }

  lookAgain(): void {
    this.looks++
  }

  standing(): Standing {
    return { busy: false, nextInMs: this.name.length }
  }

  asMember(): FleetMember {
    const late = {
      run: async (drain: AbortSignal) => {
        this.late = true
        await fired(drain)
        this.late = false
      },
      route: async () => this.routes,
    }
    return { dispatcher: this as unknown as Dispatcher, late }
  }
}

async function fired(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}

let clock: TestClock
let made: FakeMember[]
let states: Record<string, string>
let fleet: Fleet
let drain: AbortController
/** Whether dispatchers end when they are told to drain. */
let heedsDrain: boolean
let crewed: { ended: string | null }
/** Called while the fleet asks the state. */
let asked: () => void

beforeEach(() => {
  clock = new TestClock()
  made = []
  asked = () => {}
  heedsDrain = true
  states = { siem: 'enabled', alerts: 'enabled' }
  drain = new AbortController()
  crewed = { ended: null }
  const overview = async () => {
    asked()
    return { destinations: Object.entries(states).map(([name, state]) => ({ name, state })) }
  }
  const make = (name: string): FleetMember | undefined => {
    if (name === 'unconfigured') return undefined
    const member = new FakeMember(name)
    made.push(member)
    return member.asMember()
  }
  fleet = new Fleet({ store: { overview } as unknown as Store, clock, make, enabled: ['siem', 'alerts'] })
})

async function run(routing = true): Promise<void> {
  fleet.run({ drain: drain.signal, abort: new AbortController().signal }, { routing }).then(
    () => (crewed.ended = 'well'),
    (error: unknown) => (crewed.ended = (error as Error).message),
  )
  await clock.settle()
}

const of = (name: string): FakeMember => made.findLast((one) => one.name === name) as FakeMember
const running = (): string[] => made.filter((one) => one.running).map(({ name }) => name)

describe('a piece of work', () => {
  it('rests its destination and the late routing of it, and no other; then both are made anew', async () => {
    await run()
    const before = of('siem')
    const seen = await fleet.with('siem', async () => [
      before.running,
      before.late,
      of('alerts').running,
      of('alerts').late,
    ])
    expect(seen).toEqual([false, false, true, true])
    expect(of('siem')).not.toBe(before)
    expect([of('siem').running, of('siem').late, made.length]).toEqual([true, true, 3])
  })

  it.each([
    ['disabled by it', 'siem', { siem: 'disabled' }],
    ['parked', 'siem', { siem: 'parked' }],
    ['not known to the state', 'siem', { siem: undefined as unknown as string }],
    ['not in the configuration', 'unconfigured', { unconfigured: 'enabled' }],
  ])('does not start again what is %s', async (_name, name, after) => {
    await run()
    await fleet.with(name, async () => Object.assign(states, after))
    expect(running()).toEqual(name === 'siem' ? ['alerts'] : ['siem', 'alerts'])
    expect(made).toHaveLength(2)
  })

  it('starts what it enables, though it never ran', async () => {
    states['new'] = 'disabled'
    await run()
    await fleet.with('new', async () => (states['new'] = 'enabled'))
    expect(running()).toEqual(['siem', 'alerts', 'new'])
  })

  it('that fails is told to its caller, and the destination runs again', async () => {
    await run()
    await expect(fleet.with('siem', async () => Promise.reject(new Error('no room')))).rejects.toThrow('no room')
    expect([running(), crewed.ended]).toEqual([['alerts', 'siem'], null])
  })

  it('waits for the one before it, and its destination rests all the while', async () => {
    await run()
    const log: string[] = []
    const piece = (name: string) =>
      fleet.with('siem', async () => {
        log.push(`${name} ${of('siem').running}`)
        await clock.sleep(1000)
        log.push(`${name} ends`)
      })
    const both = Promise.all([piece('first'), piece('second')])
    await clock.advance(2000)
    await both
    expect(log).toEqual(['first false', 'first ends', 'second false', 'second ends'])
    expect(running()).toEqual(['alerts', 'siem'])
  })

  it('aborts a dispatcher that does not end within the time of one request, and only then', async () => {
    heedsDrain = false
    states['slow'] = 'disabled'
    await run()
    await fleet.with('slow', async () => (states['slow'] = 'enabled'))
    let began = false
    const work = fleet.with('slow', async () => (began = true))
    const slow = of('slow')
    await clock.advance(timeoutMs - 1)
    expect([slow.running, slow.aborted, began]).toEqual([true, false, false])
    await clock.advance(1)
    expect([slow.running, slow.aborted, began, of('alerts').aborted]).toEqual([false, true, true, false])
    await work
  })
})

describe('told to drain', () => {
  it('ends all, and well', async () => {
    await run()
    drain.abort()
    await clock.settle()
    expect([running(), of('siem').late, crewed.ended]).toEqual([[], false, 'well'])
  })

  it('in the middle of a piece of work: it is waited for, and nothing starts again', async () => {
    await run()
    const work = fleet.with('siem', () => clock.sleep(1000))
    await clock.settle()
    drain.abort()
    await clock.settle()
    expect([running(), crewed.ended]).toEqual([[], null])
    await clock.advance(1000)
    await work
    expect([running(), crewed.ended, made.length]).toEqual([[], 'well', 2])
  })

  it('while it asks the state whether to start again: it does not', async () => {
    await run()
    asked = () => drain.abort()
    await fleet.with('siem', async () => {})
    expect([running(), made.length]).toEqual([[], 2])
  })
})

it('a dispatcher that fails ends its siblings, and the fleet says why', async () => {
  await run()
  of('siem').fail(new Error('the store is gone'))
  await clock.settle()
  expect([running(), crewed.ended]).toEqual([[], 'the store is gone'])
})

describe('late routing', () => {
  it('apart from the run leaves it to `route`, which says whether anything is left', async () => {
    await run(false)
    expect([of('siem').running, of('siem').late]).toEqual([true, false])
    expect(await fleet.route(drain.signal)).toBe(true)
    of('alerts').routes = false
    expect(await fleet.route(drain.signal)).toBe(false)
  })
})

it('wakes everybody, tells one that its events have changed, and asks only those that run how they stand', async () => {
  await run()
  fleet.wake()
  fleet.lookAgain('alerts')
  fleet.lookAgain('nobody')
  expect(made.map(({ wakes, looks }) => [wakes, looks])).toEqual([
    [1, 0],
    [1, 1],
  ])
  await fleet.with('siem', async () => {
    expect(fleet.standings()).toEqual([{ busy: false, nextInMs: 'alerts'.length }])
    states['siem'] = 'disabled'
  })
  fleet.wake()
  expect(made.map(({ wakes }) => wakes)).toEqual([1, 2])
})
