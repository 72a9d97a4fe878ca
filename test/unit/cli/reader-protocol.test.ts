// What a source throws, on its way from the reading thread.
import { describe, expect, it } from 'vitest'
import { fromFailure, toFailure } from '../../../src/cli/reader-protocol.ts'
import { SetupError, SourceError, WindowError } from '../../../src/model/errors.ts'

describe('an error across threads', () => {
  it.each([
    [new SourceError('limited', 'slow down', { afterMs: 5 }), { kind: 'limited', message: 'slow down', afterMs: 5 }],
    [new WindowError('too_wide', 'too many'), { kind: 'transient', message: 'too many' }],
    [new WindowError('expired', 'gone'), { kind: 'transient', message: 'gone' }],
  ])('of a source stays one, so that it never ends the process: %s', (error, expected) => {
    const arrived = fromFailure(toFailure(error))
    expect(arrived).toBeInstanceOf(SourceError)
    expect(arrived).toMatchObject(expected)
  })

  it('of the set-up stays one, and a fault of ours is one there, too', () => {
    expect(fromFailure(toFailure(new SetupError('no token')))).toBeInstanceOf(SetupError)
    const fault = fromFailure(toFailure(new TypeError('undefined is not a function')))
    expect(fault).not.toBeInstanceOf(SourceError)
    expect(fault.stack).toContain('TypeError')
  })
})
