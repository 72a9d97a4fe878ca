// When a token is kept, when a new one is had, and who waits for it.
import { inspect } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import { BearerToken, CredentialsError, HeldToken, type Token } from '../../../src/runtime/bearer-token.ts'
import { HttpError } from '../../../src/runtime/http.ts'
import { TestClock } from '../../fakes/test-clock.ts'

const minute = 60_000
let clock: TestClock
let asked: { readonly signal: AbortSignal; give(text: string, lifeMs?: number): void; fail(error: Error): void }[]
let token: BearerToken

beforeEach(() => {
  clock = new TestClock()
  asked = []
  token = new BearerToken((signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<Token>()
    signal.addEventListener('abort', () => reject(signal.reason as Error))
    asked.push({ signal, give: (text, lifeMs) => resolve({ text, lifeMs }), fail: reject })
    return promise
  }, clock)
})

const never = new AbortController().signal
const header = async (signal = never): Promise<string | undefined> => (await token.headers(signal))['authorization']

/** Has `text` held. */
async function hold(text: string, lifeMs?: number): Promise<void> {
  const got = header()
  asked.at(-1)?.give(text, lifeMs)
  expect(await got).toBe(`Bearer ${text}`)
}

describe('is asked for', () => {
  it('once for all who want it at the same time', async () => {
    const all = Promise.all(Array.from({ length: 10 }, () => header()))
    await clock.settle()
    expect(asked).toHaveLength(1)
    asked[0]?.give('one', 60 * minute)
    expect(new Set(await all)).toEqual(new Set(['Bearer one']))
  })

  it.each([
    ['five minutes before the end of a long life', 60 * minute, 55 * minute],
    ['at three quarters of a short life', 8 * minute, 6 * minute],
    ['after minutes where nobody says how long it lives', undefined, 3.75 * minute],
    ['after seconds where it is said to be over already', 0, 7_500],
    ['after a day where it is said to live for ever', 1e15, 86_400_000 - 5 * minute],
  ])('anew %s', async (_name, lifeMs, atMs) => {
    await hold('one', lifeMs)
    await clock.advance(atMs - 1)
    expect(await header()).toBe('Bearer one')
    expect(asked).toHaveLength(1)
    await clock.advance(1)
    await hold('two')
    expect(asked).toHaveLength(2)
  })

  it('however the clock on the wall jumps, not before', async () => {
    await hold('one', 60 * minute)
    clock.jump(100 * minute)
    expect(await header()).toBe('Bearer one')
    clock.jump(-1000 * minute)
    expect(await header()).toBe('Bearer one')
  })
})

describe('that cannot be had', () => {
  it('fails for all who wait, and is asked for anew by the next', async () => {
    const both = Promise.allSettled([header(), header()])
    await clock.settle()
    asked[0]?.fail(new HttpError('connect', 'down'))
    expect(await both).toMatchObject([{ reason: { kind: 'connect' } }, { reason: { kind: 'connect' } }])
    await hold('two')
  })

  it('is replaced by the old one until that one ends, and is not asked for at every turn', async () => {
    await hold('one', 60 * minute)
    await clock.advance(56 * minute)
    const got = header()
    asked[1]?.fail(new CredentialsError('oauth_invalid_client', 'refused'))
    expect(await got).toBe('Bearer one')
    await clock.advance(29_000)
    expect(await header()).toBe('Bearer one')
    expect(asked).toHaveLength(2)
    await clock.advance(5 * minute)
    const late = header()
    asked[2]?.fail(new HttpError('connect', 'down'))
    await expect(late).rejects.toThrow('down')
  })
})

describe('that others use, too, who ask for it in other ways', () => {
  const gone = new Error('gone')
  let held: HeldToken
  let ways: string[]
  let one: BearerToken
  let other: BearerToken

  /** What it is given in turn: a token, or a failure. `undefined`: nothing comes before it is ended. */
  const way = (name: string, ...answers: (string | Error | undefined)[]): BearerToken =>
    new BearerToken(
      async (signal) => {
        ways.push(name)
        const answer = answers.shift()
        if (answer instanceof Error) throw answer
        if (answer !== undefined) return { text: answer, lifeMs: 60 * minute }
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(gone)))
      },
      clock,
      held,
    )

  beforeEach(() => {
    held = new HeldToken(clock)
    ways = []
  })

  it('is asked for by one of them, once, and anew when it was refused to either', async () => {
    one = way('one', 'a')
    other = way('other', 'b')
    const both = await Promise.all([one.headers(never), other.headers(never)])
    expect(both).toEqual([{ authorization: 'Bearer a' }, { authorization: 'Bearer a' }])
    one.refused({ authorization: 'Bearer a' })
    expect(await other.headers(never)).toEqual({ authorization: 'Bearer b' })
    other.refused({ authorization: 'Bearer a' })
    expect(await one.headers(never)).toEqual({ authorization: 'Bearer b' })
    expect(ways).toEqual(['one', 'other'])
    expect(one.secrets()).toEqual(['b', 'a'])
  })

  it('a failure is one for all who wait, and the next one asks anew', async () => {
    one = way('one', new HttpError('connect', 'down'))
    other = way('other', 'b')
    const both = await Promise.allSettled([one.headers(never), other.headers(never)])
    expect(both).toMatchObject([{ reason: { message: 'down' } }, { reason: { message: 'down' } }])
    expect(ways).toEqual(['one'])
    expect(await other.headers(never)).toEqual({ authorization: 'Bearer b' })
  })

  it('whoever asked goes away, and its connections with it: the others ask anew, once', async () => {
    const controller = new AbortController()
    one = way('one', undefined)
    other = way('other', 'b')
    const third = way('third', 'c')
    const leaving = one.headers(controller.signal)
    const waiting = Promise.all([other.headers(never), third.headers(never)])
    controller.abort(gone)
    await expect(leaving).rejects.toThrow('gone')
    expect(await waiting).toEqual([{ authorization: 'Bearer b' }, { authorization: 'Bearer b' }])
    expect(ways).toEqual(['one', 'other'])
  })

  it('only one of those goes away who ask in the same way: nothing changes', async () => {
    const controller = new AbortController()
    const { promise, resolve } = Promise.withResolvers<Token>()
    one = new BearerToken(() => promise, clock, held)
    const leaving = one.headers(controller.signal)
    const waiting = Promise.all([one.headers(never), way('other', 'b').headers(never)])
    controller.abort(gone)
    await expect(leaving).rejects.toThrow('gone')
    resolve({ text: 'a', lifeMs: undefined })
    expect(await waiting).toEqual([{ authorization: 'Bearer a' }, { authorization: 'Bearer a' }])
    expect(ways).toEqual([])
  })

  it('an ask that is deaf to its end holds up nobody who waits, and what it still gives is not taken', async () => {
    const controller = new AbortController()
    const { promise, resolve } = Promise.withResolvers<Token>()
    const leaving = new BearerToken(() => promise, clock, held).headers(controller.signal)
    other = way('other', 'new')
    const waiting = other.headers(never)
    controller.abort(gone)
    await expect(leaving).rejects.toThrow('gone')
    expect(await waiting).toEqual({ authorization: 'Bearer new' })
    resolve({ text: 'old', lifeMs: 60 * minute })
    await clock.settle()
    expect(await other.headers(never)).toEqual({ authorization: 'Bearer new' })
    expect(other.secrets()).toEqual(['new'])
  })

  it('what is still given to nobody does not replace what was had meanwhile', async () => {
    const controller = new AbortController()
    const { promise, resolve } = Promise.withResolvers<Token>()
    const leaving = new BearerToken(() => promise, clock, held).headers(controller.signal)
    controller.abort(gone)
    await expect(leaving).rejects.toThrow('gone')
    other = way('other', 'new')
    await other.headers(never)
    resolve({ text: 'old', lifeMs: 60 * minute })
    await clock.settle()
    expect(await other.headers(never)).toEqual({ authorization: 'Bearer new' })
  })

  it('one that waits goes away: nothing changes for the one that asked', async () => {
    const controller = new AbortController()
    const { promise, resolve } = Promise.withResolvers<Token>()
    one = new BearerToken(() => promise, clock, held)
    const asking = one.headers(never)
    const leaving = way('other').headers(controller.signal)
    controller.abort(gone)
    await expect(leaving).rejects.toThrow('gone')
    resolve({ text: 'a', lifeMs: undefined })
    expect(await asking).toEqual({ authorization: 'Bearer a' })
    expect(ways).toEqual([])
  })
})

describe('an abort', () => {
  it('leaves the others waiting', async () => {
    const controller = new AbortController()
    const gone = header(controller.signal)
    const stays = header()
    controller.abort(new Error('enough'))
    await expect(gone).rejects.toThrow('enough')
    expect(asked[0]?.signal.aborted).toBe(false)
    asked[0]?.give('one')
    expect(await stays).toBe('Bearer one')
  })

  it('of the last one ends the request, and the next one asks anew', async () => {
    const controller = new AbortController()
    const gone = header(controller.signal)
    controller.abort(new Error('enough'))
    await expect(gone).rejects.toThrow('enough')
    expect(asked[0]?.signal.aborted).toBe(true)
    await hold('two')
    await expect(header(AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
  })
})

describe('that was refused', () => {
  it('is asked for anew, once for all requests that had it', async () => {
    await hold('one', 60 * minute)
    token.refused({ authorization: 'Bearer one' })
    await hold('two', 60 * minute)
    token.refused({ authorization: 'Bearer one' })
    expect(await header()).toBe('Bearer two')
    expect(asked).toHaveLength(2)
  })

  it('stays secret beside the new one, because an answer may still echo it', async () => {
    expect(token.secrets()).toEqual([])
    await hold('one-t0ken')
    token.refused({ authorization: 'Bearer one-t0ken' })
    expect(token.secrets()).toEqual(['one-t0ken'])
    await hold('two-t0ken')
    expect(token.secrets()).toEqual(['two-t0ken', 'one-t0ken'])
    expect(inspect(token, { depth: 9, showHidden: true })).not.toContain('t0ken')
  })
})

describe('that has not the right', () => {
  const denied = (text: string): void => token.denied({ authorization: `Bearer ${text}` })

  it('is had anew by the next, and serves where none can be had', async () => {
    await hold('one', 60 * minute)
    denied('one')
    const failed = header()
    asked[1]?.fail(new HttpError('connect', 'down'))
    expect(await failed).toBe('Bearer one')
    await clock.advance(30_000)
    await hold('two', 60 * minute)
    expect(await header()).toBe('Bearer two')
    expect(asked).toHaveLength(3)
  })

  it('is had anew once in five minutes, and only where it is the one that is held', async () => {
    await hold('one', 60 * minute)
    denied('one')
    await hold('two', 60 * minute)
    denied('two')
    await clock.advance(5 * minute - 1)
    denied('two')
    expect(await header()).toBe('Bearer two')
    await clock.advance(1)
    denied('one')
    expect(await header()).toBe('Bearer two')
    expect(asked).toHaveLength(2)
    denied('two')
    await hold('three', 60 * minute)
    expect(asked).toHaveLength(3)
  })
})

it('what a server said stands in no message and is not printed', () => {
  const error = new CredentialsError('oauth_invalid_client', 'refused', 'you sent c4nary')
  expect(error.said).toBe('you sent c4nary')
  expect(inspect(error, { showHidden: true })).not.toContain('c4nary')
  expect(JSON.stringify(error)).not.toContain('c4nary')
})
