// What is said about events that were delivered otherwise than asked for.
import { expect, it } from 'vitest'
import { remarksOf } from '../../../src/delivery/remarks.ts'
import { DELIVERED, forAll, type Verdict } from '../../../src/model/verdict.ts'
import { describe } from '../../../src/telemetry/describe.ts'
import { Rig } from './rig.ts'

const remarked = (code: string): Verdict => ({ kind: 'delivered', remark: { code, text: `it is ${code}` } })

it('each remark once, with the number of events', () => {
  const retry: Verdict = { kind: 'retry', reason: { code: 'elsewhere', text: '' } }
  const verdicts = [DELIVERED, remarked('elsewhere'), retry, remarked('dropped'), remarked('elsewhere')]
  expect(remarksOf(verdicts)).toEqual([
    { reason: { code: 'elsewhere', text: 'it is elsewhere' }, events: 2 },
    { reason: { code: 'dropped', text: 'it is dropped' }, events: 1 },
  ])
  expect(remarksOf([DELIVERED, retry])).toEqual([])
})

it('the operator is warned, and the events are delivered all the same', async () => {
  const rig = new Rig()
  rig.commit(3)
  rig.answer = (batch) => ({ verdicts: [remarked('elsewhere'), ...forAll(batch.events.length - 1, DELIVERED)] })
  rig.start()
  await rig.advance(100)
  const [said] = rig.of('remarked')
  expect(said && describe(said)).toMatchObject({
    level: 'warning',
    subject: 'siem',
    text: '1 event delivered, but it is elsewhere',
  })
  expect(rig.store.position()).toBe(4)
  await rig.stop()
})
