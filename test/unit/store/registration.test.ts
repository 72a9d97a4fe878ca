import { describe, expect, it } from 'vitest'
import { type KnownDestination, planRegistration } from '../../../src/store/registration.ts'
import type { DestinationDefinition } from '../../../src/store/store.ts'

const known: KnownDestination = {
  id: 7,
  name: 'siem',
  type: 'webhook',
  definition: '{}',
  sources: ['a', 'b'],
  buffer: null,
  state: 'enabled',
  fileEnabled: true,
  stopped: false,
  discard: false,
  everEnabled: true,
  createdSeq: 5,
  parkedSeq: null,
}
const definition: DestinationDefinition = {
  name: 'siem',
  type: 'webhook',
  definition: '{}',
  sources: ['b', 'a'],
  enabled: true,
}

const plan = (before: readonly KnownDestination[], ...after: DestinationDefinition[]) =>
  planRegistration(before, after, 100)

describe('planRegistration', () => {
  it('does not call the same sources in another order a change', () => {
    expect(plan([known], definition)[0]?.change).toBe('unchanged')
    expect(plan([known], { ...definition, sources: null })[0]?.change).toBe('updated')
    expect(plan([known], { ...definition, type: 'file' })[0]?.change).toBe('updated')
  })

  it('remembers where events began to pass a parked destination by', () => {
    const parked = plan([known])[0]
    expect(parked).toMatchObject({ change: 'parked', next: { state: 'parked', parkedSeq: 100 } })
    const later = { ...known, state: 'parked' as const, parkedSeq: 60 }
    expect(plan([later])[0]?.next.parkedSeq).toBe(60)
    expect(plan([later], definition)[0]).toMatchObject({
      change: 'returned',
      missedFrom: 60,
      next: { parkedSeq: null },
    })
    expect(plan([{ ...later, parkedSeq: 100 }], definition)[0]?.missedFrom).toBeNull()
  })

  it('asks for earlier events only where there are some', () => {
    const sinceMs = { sinceMs: 1 }
    expect(plan([], { ...definition, start: sinceMs })[0]).toMatchObject({ begins: 100, lateStart: sinceMs })
    expect(plan([], { ...definition, start: 'now' })[0]?.lateStart).toBeNull()
    expect(plan([], definition)[0]?.lateStart).toBeNull()
    expect(planRegistration([], [{ ...definition, start: 'beginning' }], 1)[0]).toMatchObject({
      begins: 1,
      lateStart: null,
    })
    const dormant = { ...known, state: 'disabled' as const, fileEnabled: false, everEnabled: false }
    expect(plan([dormant], { ...definition, start: 'beginning' })[0]).toMatchObject({
      change: 'enabled',
      begins: 100,
      lateStart: 'beginning',
    })
    expect(plan([dormant], { ...definition, enabled: false, start: 'beginning' })[0]).toMatchObject({
      begins: null,
      lateStart: null,
    })
  })

  it('renames only what is not there under its own name, and not what the file still names', () => {
    const renamed = { ...definition, name: 'splunk', was: 'siem' }
    expect(plan([known], renamed)).toMatchObject([{ id: 7, change: 'renamed' }])
    expect(plan([known], renamed, definition)).toMatchObject([
      { id: null, change: 'created' },
      { id: 7, change: 'unchanged' },
    ])
    expect(plan([known, { ...known, id: 8, name: 'splunk' }], renamed)).toMatchObject([
      { id: 8, change: 'unchanged' },
      { id: 7, change: 'parked' },
    ])
  })

  it('leaves what a command stopped alone, whatever the file says, also under a new name and after it was away', () => {
    const stopped = { ...known, state: 'disabled' as const, stopped: true }
    expect(plan([stopped], definition)[0]).toMatchObject({ change: 'unchanged', next: { state: 'disabled' } })
    expect(plan([stopped], { ...definition, enabled: false })[0]).toMatchObject({
      change: 'updated',
      next: { state: 'disabled', fileEnabled: false, stopped: true },
    })
    expect(plan([stopped], { ...definition, name: 'splunk', was: 'siem' })[0]).toMatchObject({
      change: 'renamed',
      next: { state: 'disabled', stopped: true },
    })
    const away = { ...stopped, state: 'parked' as const, parkedSeq: 60 }
    expect(plan([away], definition)[0]).toMatchObject({
      change: 'returned',
      missedFrom: 60,
      next: { state: 'disabled', stopped: true },
    })
    expect(plan([{ ...away, discard: true }], definition)[0]?.missedFrom).toBeNull()
    const never = { ...stopped, everEnabled: false, fileEnabled: false }
    expect(plan([never], definition)[0]).toMatchObject({
      begins: null,
      next: { everEnabled: false, fileEnabled: true },
    })
  })
})
