import { describe, expect, it } from 'vitest'
import { chooseLetters } from '../../../src/cli/dlq/chosen.ts'
import { chosenLetters, requireDestination } from '../../../src/cli/dlq/letters.ts'
import { refuseUnnarrowed, type SelectionFlags, selectionOf } from '../../../src/cli/dlq/selection.ts'
import { Tag } from '../../../src/model/event.ts'
import type { DeadLetter } from '../../../src/store/dead-letters.ts'
import { letter, readerOf } from './dlq-letters.ts'
import { fakeWorld, NOW } from './fake-world.ts'

const hour = 3_600_000

async function idsFor(flags: SelectionFlags, letters: readonly DeadLetter[], ids: readonly string[] = []) {
  const selection = await selectionOf(flags, ids, fakeWorld())
  const found: string[] = []
  for await (const stretch of chosenLetters(readerOf(letters), selection))
    found.push(...stretch.map((one) => one.eventId))
  return found
}

async function refusal(flags: SelectionFlags): Promise<string> {
  return await selectionOf(flags, [], fakeWorld()).then(
    () => '',
    (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
  )
}

describe('what is asked of the store', () => {
  it('takes times from now or as they are written', async () => {
    const ago = await selectionOf({ since: '1h', olderThan: '2d' }, [], fakeWorld())
    expect(ago.query).toEqual({ diedSince: NOW - hour, diedBefore: NOW - 48 * hour })
    const written = await selectionOf({ since: '2026-05-17T07:30:00+02:00' }, [], fakeWorld())
    expect(written.query).toEqual({ diedSince: Date.UTC(2026, 4, 17, 5, 30) })
  })

  it('asks for one id by itself, and looks for several on the way through', async () => {
    expect((await selectionOf({}, ['a'], fakeWorld())).query).toEqual({ eventId: 'a' })
    expect((await selectionOf({ id: ['a'] }, ['a'], fakeWorld())).query).toEqual({ eventId: 'a' })
    expect((await selectionOf({ id: ['b'] }, ['a'], fakeWorld())).query).toEqual({})
    expect(
      await idsFor(
        { id: ['e-7'] },
        [1, 7, 9].map((seq) => letter(seq)),
        ['e-9'],
      ),
    ).toEqual(['e-7', 'e-9'])
  })

  it.each([
    [{ since: 'yesterday' }, '--since yesterday: write a duration such as 1h or 2d, or a time such as'],
    [{ olderThan: '2 days' }, '--older-than 2 days: write a duration'],
    [{ limit: '0' }, '--limit 0: write a number'],
    [{ limit: '-1' }, '--limit -1: write a number'],
    [{ limit: '1e3' }, '--limit 1e3: write a number'],
  ])('%j is refused with what to write', async (flags, message) => {
    expect(await refusal(flags)).toContain(`UsageError: ${message}`)
  })
})

describe('--type and --where', () => {
  const letters = [
    letter(1, { eventType: 'user.signed_in', members: ',"actor":{"id":"u-1"},"data":{"n":9007199254740993}' }),
    letter(2, { eventType: 'user.signed_out', members: ',"actor":{"id":"u-2"},"data":{"n":9007199254740992}' }),
    letter(3, { eventType: 'session.ended', members: ',"outcome":"failure"' }),
  ]

  it('choose by globs, any of several', async () => {
    expect(await idsFor({ type: ['user.*'] }, letters)).toEqual(['e-1', 'e-2'])
    expect(await idsFor({ type: ['*_in', 'session.*'] }, letters)).toEqual(['e-1', 'e-3'])
  })

  it('choose by an expression over the event, to the last digit', async () => {
    expect(await idsFor({ where: 'actor.id == "u-2"' }, letters)).toEqual(['e-2'])
    expect(await idsFor({ where: 'data.n == 9007199254740993' }, letters)).toEqual(['e-1'])
    expect(await idsFor({ where: 'outcome == "failure"' }, letters)).toEqual(['e-3'])
    expect(
      await idsFor({ where: 'event_id == "e-1" && occurred_at < timestamp("2026-05-17T08:00:00Z")' }, letters),
    ).toEqual(['e-1'])
    expect(await idsFor({ type: ['user.*'], where: 'actor.id != "u-1"' }, letters)).toEqual(['e-2'])
  })

  it('do not take an event that a filter would let pass unseen: what is removed must be what was meant', async () => {
    const tagged = letter(4, { eventType: 'other', members: ',"outcome":"odd"' })
    expect(tagged.page.tags[0]).toBe(Tag.nonstandard)
    expect(await idsFor({ type: ['user.*'] }, [tagged])).toEqual([])
    expect(await idsFor({ where: 'actor.id == "u-1"' }, [tagged])).toEqual([])
  })

  it('leave out, and count, what the expression gives no answer on', async () => {
    const selection = await selectionOf({ where: 'data.n > 1' }, [], fakeWorld())
    const text = letter(5, { members: ',"data":{"n":"text"}' })
    const found = []
    for await (const stretch of chosenLetters(readerOf([text, letters[0] as DeadLetter]), selection))
      found.push(...stretch)
    expect(found.map(({ eventId }) => eventId)).toEqual(['e-1'])
    expect(selection.test?.unjudged()).toBe(1)
  })

  it('say what is wrong with an expression as the configuration does, with the place', async () => {
    const message = await refusal({ where: 'actr.id == "u-1"' })
    expect(message).toContain('--where:1:1  error  unknown name "actr"')
    expect(message).toContain('> 1 | actr.id == "u-1"\n      | ^^^^')
    expect(message).toContain('did you mean "actor"?')
    expect(await refusal({ where: 'actor.id == "u-1"\n  && actr.id == "x"' })).toContain(
      '--where:2:6  error  unknown name',
    )
    expect(await refusal({ where: '' })).toContain('UsageError')
  })

  it('doubt a pattern of another language', async () => {
    const world = fakeWorld()
    await selectionOf({ type: ['user.(a|b)'] }, [], world)
    expect(world.stderr.text()).toContain('only * is special here')
  })
})

describe('going through', () => {
  const letters = Array.from({ length: 620 }, (_, index) => letter(index, { destination: index < 300 ? 'a' : 'b' }))

  it('takes a stretch at a time and stops at the limit', async () => {
    expect(await idsFor({}, letters)).toHaveLength(620)
    expect(await idsFor({ limit: '310' }, letters)).toHaveLength(310)
    const reader = readerOf(letters)
    for await (const stretch of chosenLetters(reader, await selectionOf({}, [], fakeWorld())))
      expect(stretch.length).toBeLessThanOrEqual(250)
    expect(reader.looks).toEqual([250, 250, 250, 250])
  })

  it('names exactly the letters that were seen, neighbours as one stretch', async () => {
    const some = [5, 1, 2, 3, 9].map((seq) => letter(seq))
    const choice = await chooseLetters(
      readerOf([...some, letter(4, { destination: 'b', cause: 'exhausted' })]),
      await selectionOf({}, [], fakeWorld()),
    )
    expect(choice).toEqual({
      total: 6,
      letters: [
        { destination: 'b', ranges: [[4, 5]] },
        {
          destination: 'siem',
          ranges: [
            [1, 4],
            [5, 6],
            [9, 10],
          ],
        },
      ],
      kinds: [
        { destination: 'b', cause: 'exhausted', code: 'http_400', letters: 1 },
        { destination: 'siem', cause: 'rejected', code: 'http_400', letters: 5 },
      ],
    })
  })
})

it('what changes something needs a choice or --all, and not both', async () => {
  const none = await selectionOf({ limit: '5' }, [], fakeWorld())
  const some = await selectionOf({ reason: 'rejected' }, [], fakeWorld())
  expect(() => refuseUnnarrowed(none, {}, 'remove')).toThrow('say which dead letters to remove')
  expect(() => refuseUnnarrowed(some, { all: true }, 'remove')).toThrow('contradict')
  refuseUnnarrowed(none, { all: true }, 'remove')
  refuseUnnarrowed(some, {}, 'remove')
})

it('an unknown destination is told with the nearest', () => {
  expect(() => requireDestination('--to', 'seim', ['siem', 'archive'])).toThrow(
    '--to seim: there is no destination of that name; did you mean "siem"?',
  )
  expect(() => requireDestination('--to', 'x\u001b[31m', ['siem'])).toThrow('--to x\\u001b[31m')
  requireDestination('--to', 'siem', ['siem'])
  requireDestination('--to', undefined, [])
})
