// What a destination was over time: what is written down with each registration, and what was in force for an event.
import { describe, expect, it } from 'vitest'
import { type DefinitionFrom, definitionAt, definitionsAfter } from '../../../src/store/definitions.ts'
import { planRegistration } from '../../../src/store/registration.ts'
import type { DestinationDefinition } from '../../../src/store/store.ts'

interface Step {
  readonly at: number
  readonly definition: string | null
  readonly enabled?: boolean
  readonly oldest?: number
  readonly type?: string
}

/** Registers one destination again and again; a definition of null leaves it out of the file. */
function after(...steps: readonly Step[]): readonly string[] {
  let known: Parameters<typeof planRegistration>[0] = []
  let history: readonly DefinitionFrom[] = []
  for (const { at, definition, enabled = true, oldest = 1, type = 'webhook' } of steps) {
    const one = { name: 'siem', type, definition: definition ?? '', sources: null, enabled } as DestinationDefinition
    for (const plan of planRegistration(known, definition === null ? [] : [one], at)) {
      known = [{ id: 1, ...plan.next }]
      history = definitionsAfter(history, plan, { nextSeq: at, oldest })
    }
  }
  return history.map((row) => `${row.from} ${row.definition}`)
}

describe('what is written down', () => {
  it.each<readonly [string, readonly Step[], readonly string[]]>([
    ['a new one', [{ at: 7, definition: 'A' }], ['7 A']],
    ['the same again', [1, 5, 9].map((at) => ({ at, definition: 'A' })), ['1 A']],
    ['a change', ['A', 'B', 'C'].map((definition, index) => ({ at: 1 + index, definition })), ['1 A', '2 B', '3 C']],
    [
      'away and back, as it was',
      [
        { at: 1, definition: 'A' },
        { at: 5, definition: null },
        { at: 9, definition: 'A' },
      ],
      ['1 A', '5 null', '9 A'],
    ],
    [
      'away and back before an event came',
      [
        { at: 1, definition: 'A' },
        { at: 5, definition: null },
        { at: 5, definition: 'A' },
      ],
      ['1 A'],
    ],
    [
      'changed and changed back before an event came',
      [
        { at: 1, definition: 'A' },
        { at: 5, definition: 'B' },
        { at: 5, definition: 'A' },
      ],
      ['1 A'],
    ],
    [
      'disabled and enabled',
      [
        { at: 1, definition: 'A' },
        { at: 3, definition: 'A', enabled: false },
        { at: 5, definition: 'A' },
      ],
      ['1 A'],
    ],
    [
      'changed in the act of being disabled',
      [
        { at: 1, definition: 'A' },
        { at: 3, definition: 'B', enabled: false },
      ],
      ['1 A', '3 B'],
    ],
    [
      'what it was before it ever read does not count',
      [
        { at: 1, definition: 'A', enabled: false },
        { at: 3, definition: 'B', enabled: false },
        { at: 9, definition: 'C' },
      ],
      ['9 C'],
    ],
    [
      'what no kept event fell under is forgotten, and the last one in force before the oldest stays',
      [
        { at: 1, definition: 'A' },
        { at: 5, definition: 'B' },
        { at: 9, definition: 'C' },
        { at: 20, definition: 'D', oldest: 9 },
      ],
      ['9 C', '20 D'],
    ],
    [
      'one event more is kept',
      [
        { at: 1, definition: 'A' },
        { at: 5, definition: 'B' },
        { at: 9, definition: 'C' },
        { at: 20, definition: 'D', oldest: 8 },
      ],
      ['5 B', '9 C', '20 D'],
    ],
  ])('%s', (_name, steps, expected) => expect(after(...steps)).toEqual(expected))
})

describe('what was in force for an event', () => {
  const history = [
    { from: 10, definition: 'A' },
    { from: 20, definition: null },
    { from: 30, definition: 'B' },
    { from: 40, definition: 'C' },
    { from: 50, definition: null },
  ]
  it.each([
    [10, 'A'],
    [19, 'A'],
    [30, 'B'],
    [39, 'B'],
    [40, 'C'],
    [49, 'C'],
  ])('event %i: the last before it', (seq, expected) => expect(definitionAt(history, seq, 'now')).toBe(expected))
  it('before its time: what it began with', () => expect(definitionAt(history, 3, 'now')).toBe('A'))
  it('while it was away: what it came back with', () => expect(definitionAt(history, 25, 'now')).toBe('B'))
  it('what is forgotten began with its being away', () => {
    expect(definitionAt(history.slice(1), 15, 'now')).toBe('B')
  })
  it('away and not yet back, or nothing known: what it is now', () => {
    expect(definitionAt(history, 60, 'now')).toBe('now')
    expect(definitionAt([], 60, 'now')).toBe('now')
  })
})
