import { expect, it } from 'vitest'
import { Flights } from '../../../src/delivery/flights.ts'
import type { OpenBatch } from '../../../src/delivery/open-batch.ts'
import { DELIVERED, type Outcome, type Verdict } from '../../../src/model/verdict.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const batch = { events: [{}] } as unknown as OpenBatch

function flights() {
  const clock = new TestClock()
  const landed: (readonly Verdict[])[] = []
  const answers: ((outcome: Outcome) => void)[] = []
  const made = new Flights({
    clock,
    timeoutMs: 1_000,
    landed: (_, verdicts) => void landed.push(verdicts),
    freed: () => undefined,
    paused: () => undefined,
  })
  const destination = {
    send: () => new Promise<Outcome>((resolve) => void answers.push(resolve)),
    close: () => Promise.resolve(),
  }
  return { clock, landed, answers, made, start: () => made.start(destination, batch, false) }
}

it('an answer that comes after the time was up is no longer heard', async () => {
  const { clock, landed, answers, made, start } = flights()
  start()
  expect(made.dueAt).toBe(1_000)
  await clock.advance(1_000)
  made.expire()
  expect(landed).toMatchObject([[{ kind: 'retry', reason: { code: 'timeout' } }]])
  answers[0]?.({ verdicts: [DELIVERED] })
  await clock.settle()
  expect(landed).toHaveLength(1)
})

it('a promise of verdicts that comes after the time was up takes no place among the unconfirmed', async () => {
  const { clock, landed, answers, made, start } = flights()
  start()
  await clock.advance(1_000)
  made.expire()
  answers[0]?.({ confirmation: Promise.resolve([DELIVERED]) })
  await clock.settle()
  expect([landed.length, made.count]).toEqual([1, 0])
})

it('a confirmation that never comes ends after a quarter of an hour', async () => {
  const { clock, landed, answers, made, start } = flights()
  start()
  answers[0]?.({ confirmation: new Promise(() => undefined) })
  await clock.settle()
  expect([made.running, made.count, made.dueAt]).toEqual([0, 1, 900_000])
  await clock.advance(900_000)
  made.expire()
  expect(landed).toHaveLength(1)
  expect(made.count).toBe(0)
})

it('what was abandoned has no verdict', async () => {
  const { clock, landed, answers, made, start } = flights()
  start()
  made.abandon()
  answers[0]?.({ verdicts: [DELIVERED] })
  await clock.settle()
  expect(landed).toEqual([])
})

it('a confirmation that comes after its time was up is no longer heard', async () => {
  const { clock, landed, answers, made, start } = flights()
  let confirm: (verdicts: readonly Verdict[]) => void = () => undefined
  start()
  answers[0]?.({ confirmation: new Promise((resolve) => (confirm = resolve)) })
  await clock.advance(900_000)
  made.expire()
  confirm([DELIVERED])
  await clock.settle()
  expect(landed).toMatchObject([[{ kind: 'retry' }]])
})
