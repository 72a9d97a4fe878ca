import { describe, expect, it } from 'vitest'
import { closedBreaker, type Moment } from '../../../src/delivery/breaker.ts'
import { Judgement } from '../../../src/delivery/judgement.ts'
import { LearnedLimits } from '../../../src/delivery/learned-limits.ts'
import { OpenBatch, QueuedEvent } from '../../../src/delivery/open-batch.ts'
import { SettleBuffer } from '../../../src/delivery/settle-buffer.ts'
import { takeTrial } from '../../../src/delivery/trials.ts'
import { DELIVERED, forAll, type Verdict } from '../../../src/model/verdict.ts'
import type { Queue } from '../../../src/store/store.ts'
import type { TelemetryEvent } from '../../../src/telemetry/events.ts'
import { because, numbersOf, pageOf, seeded } from './rig.ts'

const limits = { maxEvents: 10, maxBytes: 1e6, overheadBytes: 0 }
const stamp = { atMs: 5, text: '' }

/** A judgement and what it says; `batch(from, to)` makes a batch of the events numbered so. */
class Bench {
  readonly buffer = new SettleBuffer('siem')
  readonly events: TelemetryEvent[] = []
  readonly judgement: Judgement
  readonly limits = new LearnedLimits(limits)
  monotonic = 0

  constructor(provisional = 0) {
    const moment = (): Moment => ({ now: this.monotonic, monotonic: this.monotonic, random: seeded(1), inFlight: 4 })
    const telemetry = { emit: (event: TelemetryEvent) => void this.events.push(event) }
    const parts = {
      destination: 'siem',
      scheduleMs: [1_000, 2_000],
      limits: this.limits,
      buffer: this.buffer,
    }
    this.judgement = new Judgement({ ...parts, telemetry, moment }, closedBreaker(moment()), provisional)
  }

  batch(from: number, to: number, origin: { queue?: Queue | 'retry'; spent?: number } = {}): OpenBatch {
    const page = pageOf(to - from + 1, from)
    const events = Array.from({ length: page.count }, (_, index) => {
      return new QueuedEvent({ seq: from + index, source: 'app', page, index }, stamp, origin.spent ?? 0)
    })
    const place = { destination: 'siem', queue: origin.queue ?? 'live', ordinal: from, window: null } as const
    return new OpenBatch(place, events, { from, bytes: 100 })
  }

  send(batch: OpenBatch, verdict: Verdict | readonly Verdict[], trial = false): void {
    this.judgement.sending(batch)
    this.judgement.judge(batch, 'kind' in verdict ? forAll(batch.events.length, verdict) : verdict, trial)
  }

  /** Some other batch is sent and delivered. */
  other(): void {
    this.send(this.batch(900, 901), DELIVERED)
  }

  again(): number[][] {
    const batches: number[][] = []
    for (let batch = this.judgement.takeAgain(); batch; batch = this.judgement.takeAgain())
      batches.push(numbersOf(batch))
    return batches
  }

  get state(): string {
    return this.judgement.breaker.state
  }
}

const failure: Verdict = { kind: 'retry', reason: because(500) }
const refusal: Verdict = { kind: 'reject', reason: because(400) }
const halt: Verdict = { kind: 'halt', reason: because(403) }
const oversized: Verdict = { kind: 'reject', reason: because(413), split: true }

describe('a batch that failed as a whole', () => {
  it('is sent again after another, sent later, was delivered; cut when that happens a second time', () => {
    const bench = new Bench()
    const suspect = bench.batch(1, 4)
    bench.send(suspect, failure)
    expect(bench.again()).toEqual([])
    bench.other()
    expect(bench.again()).toEqual([[1, 2, 3, 4]])
    bench.send(suspect, failure)
    bench.other()
    expect(bench.again()).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it('is not accused by the delivery of one that was sent before it failed', () => {
    const bench = new Bench()
    const early = bench.batch(50, 51)
    const suspect = bench.batch(1, 4)
    bench.judgement.sending(early)
    bench.send(suspect, failure)
    bench.judgement.judge(early, forAll(2, DELIVERED), false)
    expect(bench.judgement.suspects.count).toBe(1)
  })

  it('costs its parts one failure each, unless the destination itself failed meanwhile', () => {
    const convicted = () => {
      const bench = new Bench()
      const suspect = bench.batch(1, 2)
      bench.send(suspect, failure)
      bench.other()
      bench.judgement.takeAgain()
      bench.send(suspect, failure)
      bench.other()
      return { bench, part: bench.judgement.takeAgain() as OpenBatch }
    }
    const plain = convicted()
    plain.bench.send(plain.part, failure)
    plain.bench.other()
    expect(plain.bench.buffer.take()[0]?.settlement.retrying).toMatchObject([{ seq: 1, attempts: 1 }])
    const outage = convicted()
    outage.bench.judgement.takeAgain()
    outage.bench.send(outage.part, failure)
    for (const from of [10, 20, 30]) outage.bench.send(outage.bench.batch(from, from), failure)
    expect(outage.bench.state).toBe('open')
    outage.bench.other()
    expect(outage.bench.buffer.take()[0]?.settlement.retrying).toEqual([])
    expect(outage.bench.again()[0]).toEqual([1])
  })

  it('does not halt the destination when it comes from the retry queue, where it was found guilty before', () => {
    const bench = new Bench()
    bench.send(bench.batch(7, 7, { queue: 'retry', spent: 1 }), halt)
    expect(bench.state).toBe('closed')
    bench.send(bench.batch(8, 8), halt)
    expect(bench.state).toBe('halted')
  })

  it('is not charged for a trial, not even where its verdicts differ', () => {
    const bench = new Bench()
    bench.send(bench.batch(1, 3), [failure, DELIVERED, halt], true)
    expect(bench.again()).toEqual([[1], [3]])
    expect(bench.buffer.take()[0]?.settlement).toMatchObject({ retrying: [], dead: [] })
  })

  it.each([
    ['refused', refusal],
    ['too large', oversized],
  ])('whose verdicts differ (one is %s) and none is a delivery accuses nobody yet', (_name, verdict) => {
    const bench = new Bench()
    bench.send(bench.batch(1, 4), [failure, failure, verdict, failure])
    expect(bench.judgement.suspects.count).toBe(2)
    expect(bench.buffer.take()[0]?.settlement).toMatchObject({ retrying: [], dead: [{ seq: 3, provisional: true }] })
  })
})

describe.each([
  ['rejects', refusal],
  ['row 52: answers that single events are too large', oversized],
])('%s', (_name, verdict) => {
  const rejectAlone = (bench: Bench, count: number, origin = {}): void => {
    for (let seq = 1; seq <= count; seq++) bench.send(bench.batch(seq, seq, origin), verdict)
  }

  it('that share a cause halt at the hundredth in a row, and a delivery starts the count anew', () => {
    const bench = new Bench()
    rejectAlone(bench, 99)
    bench.other()
    rejectAlone(bench, 99)
    expect(bench.state).toBe('closed')
    rejectAlone(bench, 1)
    expect(bench.state).toBe('halted')
    expect(bench.judgement.refusal).toMatchObject({ code: verdict.kind === 'reject' && verdict.reason.code })
  })

  it('for different causes do not add up', () => {
    const bench = new Bench()
    for (let seq = 1; seq <= 300; seq++)
      bench.send(bench.batch(seq, seq), seq % 2 ? { kind: 'reject', reason: because(422) } : verdict)
    expect(bench.state).toBe('closed')
  })

  it('of a whole bisection halt, unless something else was delivered meanwhile', () => {
    const bisect = (between: (bench: Bench) => void): Bench => {
      const bench = new Bench()
      bench.send(bench.batch(1, 2), verdict)
      between(bench)
      for (let part = bench.judgement.takeAgain(); part; part = bench.judgement.takeAgain()) bench.send(part, verdict)
      return bench
    }
    expect(bisect(() => undefined).state).toBe('halted')
    expect(bisect((bench) => bench.other()).state).toBe('closed')
  })

  it('of events that went back to waiting for that reason once do not halt again', () => {
    const bench = new Bench()
    rejectAlone(bench, 200, { queue: 'retry', spent: 0 })
    expect(bench.state).toBe('closed')
    rejectAlone(bench, 100, { queue: 'retry', spent: 1 })
    expect(bench.state).toBe('halted')
  })

  it('are provisional until a delivery comes after them, whatever is written together', () => {
    const bench = new Bench()
    bench.send(bench.batch(1, 1), verdict)
    bench.other()
    bench.send(bench.batch(2, 2), verdict)
    const written = bench.buffer.take().map(({ settlement }) => settlement)
    expect(written.flatMap(({ dead }) => dead).map(({ seq, provisional }) => [seq, provisional])).toEqual([
      [1, false],
      [2, true],
    ])
    expect(written.map(({ delivered }) => delivered.get('app') ?? 0)).toEqual([2, 0])
  })
})

describe.each([
  ['refused', refusal],
  ['too large', oversized],
])('a trial where everything is %s', (_name, verdict) => {
  const refusing = (): Bench => {
    const bench = new Bench(99)
    bench.send(bench.batch(1, 1), verdict)
    expect(bench.judgement.breaker.reason?.code).toBe('refuses_everything')
    return bench
  }
  const parts = { inFlight: 4, limits }

  it('is one event, from the queue or cut from a batch that was taken before', () => {
    const bench = refusing()
    const asked: number[] = []
    const fresh = takeTrial(bench.judgement, parts, ({ maxEvents }) => {
      asked.push(maxEvents)
      return bench.batch(10, 10)
    })
    expect([asked, fresh?.events.length]).toEqual([[1], 1])
    bench.judgement.sendAgain(bench.batch(20, 25))
    const cut = takeTrial(bench.judgement, parts, null)
    expect(numbersOf(cut as OpenBatch)).toEqual([20])
    expect(bench.again()).toEqual([[21, 22, 23, 24, 25]])
  })

  it('that is refused again buries nothing', () => {
    const bench = refusing()
    bench.buffer.take()
    bench.send(bench.batch(10, 10), verdict, true)
    expect(bench.buffer.empty).toBe(true)
    expect(bench.judgement.suspects.count).toBe(1)
    expect(bench.state).toBe('halted')
  })
})

describe('row 52: the size that a receiver is taken to allow', () => {
  it('is learned from what is too large, and forgotten when nothing is small enough', () => {
    const bench = new Bench()
    bench.send(bench.batch(1, 10), oversized)
    expect(bench.limits.current.maxEvents).toBe(5)
    const late = bench.batch(20, 27)
    for (let part = bench.judgement.takeAgain(); part; part = bench.judgement.takeAgain()) bench.send(part, oversized)
    expect(bench.state).toBe('halted')
    expect(bench.limits.current).toBe(limits)
    bench.send(late, oversized)
    expect(bench.limits.current).toBe(limits)
    expect(bench.again()).toHaveLength(2)
  })
})

describe('row 49: a receiver that stops at one event of a batch', () => {
  const bad: Verdict = { kind: 'reject', reason: { code: 'hec_6', text: 'invalid data format' } }
  const untried: Verdict = { kind: 'retry', reason: bad.reason, untried: true }

  it.each([0, 1, 4])(
    'at place %i: those before are delivered, it is dead, those behind go again and spend nothing',
    (place) => {
      const bench = new Bench()
      const verdicts = Array.from({ length: 5 }, (_, index) =>
        index < place ? DELIVERED : index === place ? bad : untried,
      )
      bench.send(bench.batch(1, 5), verdicts)
      const [sealed] = bench.buffer.take()
      expect(sealed?.settlement.delivered.get('app') ?? 0).toBe(place)
      expect(sealed?.settlement.dead.map(({ seq }) => seq)).toEqual([place + 1])
      expect(sealed?.settlement.retrying).toEqual([])
      const behind = [2, 3, 4, 5].filter((number) => number > place + 1)
      expect(bench.again()).toEqual(behind.length > 0 ? [behind] : [])
      expect(bench.judgement.breaker.state).toBe('closed')
    },
  )
})

describe('row 49: a receiver that stops at the first event of every batch', () => {
  it('refuses everything: it is halted, and what was buried for it goes back to waiting', () => {
    const bench = new Bench()
    const bad: Verdict = { kind: 'reject', reason: { code: 'hec_6', text: 'invalid data format' } }
    const untried: Verdict = { kind: 'retry', reason: bad.reason, untried: true }
    let batch: OpenBatch | null = bench.batch(1, 300)
    let requests = 0
    for (; batch && bench.state === 'closed'; batch = bench.judgement.takeAgain(), requests++)
      bench.send(batch, [bad, ...Array.from({ length: batch.events.length - 1 }, () => untried)])
    expect([requests, bench.state]).toEqual([100, 'halted'])
    expect(bench.judgement.refusal).toMatchObject({ code: 'hec_6' })
    const dead = bench.buffer.take().flatMap(({ settlement }) => settlement.dead)
    expect(dead.every(({ provisional }) => provisional)).toBe(true)
  })
})

describe('row 51: what the relay itself does not send', () => {
  const local = (code: string): Verdict => ({ kind: 'reject', reason: { code, text: 'not sent' }, local: true })
  const dead = (bench: Bench) =>
    bench.buffer
      .take()
      .flatMap(({ settlement }) => settlement.dead.map(({ seq, cause, provisional }) => ({ seq, cause, provisional })))

  it('is dead for its own reason at once, however much of it there is, and says nothing of the receiver', () => {
    const bench = new Bench()
    for (let from = 1; from < 2_000; from += 10) bench.send(bench.batch(from, from + 9), forAll(10, local('too_old')))
    expect(bench.state).toBe('closed')
    const letters = dead(bench)
    expect(letters).toHaveLength(2_000)
    expect(letters.every(({ cause, provisional }) => cause === 'rejected' && !provisional)).toBe(true)
    expect(bench.again()).toEqual([])
  })

  it('does not end an outage', () => {
    const bench = new Bench()
    const down: Verdict = { kind: 'retry', reason: { code: 'http_503', text: 'down' } }
    for (let from = 1; from < 5; from++) bench.send(bench.batch(from * 10, from * 10 + 1), down)
    expect(bench.state).toBe('open')
    bench.send(bench.batch(100, 109), forAll(10, local('too_old')), true)
    expect(bench.state).toBe('open')
  })

  it('is parted from its neighbours, which are judged as if it had not been there', () => {
    const bench = new Bench()
    const no: Verdict = { kind: 'reject', reason: { code: 'http_400', text: 'no' } }
    bench.send(bench.batch(1, 6), [local('too_old'), no, no, local('too_large'), local('other'), DELIVERED])
    expect(dead(bench)).toEqual([
      { seq: 1, cause: 'rejected', provisional: false },
      { seq: 4, cause: 'too_large', provisional: false },
      { seq: 5, cause: 'rejected', provisional: false },
    ])
    expect(bench.again()).toEqual([[2], [3]])
  })
})
