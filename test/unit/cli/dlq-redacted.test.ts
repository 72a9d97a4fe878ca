// Dead letters are shown without what their destination must not get, going by what the state knows of it.
import fs from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { shownLetters } from '../../../src/cli/dlq/redacted.ts'
import { eventText } from '../../../src/cli/dlq/json.ts'
import { selectionOf } from '../../../src/cli/dlq/selection.ts'
import { openSqliteReader } from '../../../src/store/sqlite/reader.ts'
import { letter, readerOf, stateWith } from './dlq-letters.ts'
import { fakeWorld } from './fake-world.ts'

const one = letter(1, {})
let folder: string | undefined
afterEach(() => folder !== undefined && fs.rmSync(folder, { recursive: true }))

async function shown(definitions: ReadonlyMap<string, string>): Promise<string[]> {
  const reader = { ...readerOf([one]), definitions: () => Promise.resolve(definitions) }
  const found: string[] = []
  for await (const letters of shownLetters(reader, await selectionOf({}, [], fakeWorld())))
    found.push(...letters.map(eventText))
  return found
}

it.each([
  ['drop', (text: string) => text.replace(/"event_type":"[^"]*",?/, '')],
  ['mask', (text: string) => text.replace(/("event_type":)"[^"]*"/, '$1"***"')],
  ['hash', (text: string) => text.replace(/("event_type":)"[^"]*"/, '$1"***"')],
])('%s', async (way, expected) => {
  // A path that no configuration can hold, but that every event of this test has.
  const definition = JSON.stringify({ type: 'webhook', redact: { [way]: ['event_type'], hash_key: '${KEY}' } })
  expect(eventText(one)).toContain('"event_type"')
  expect(await shown(new Map([[one.destination, definition]]))).toEqual([expected(eventText(one))])
})

it('what is not redacted, or belongs to another destination, is shown as it is', async () => {
  const other = JSON.stringify({ redact: { drop: ['event_type'] } })
  for (const definitions of [
    new Map(),
    new Map([[one.destination, '{}']]),
    new Map([['another', other]]),
    new Map([[one.destination, '']]),
  ])
    expect(await shown(definitions)).toEqual([eventText(one)])
})

it('the state knows what each destination was', async () => {
  const made = await stateWith([one], { type: 'webhook', redact: { mask: ['actor'] } })
  folder = made.folder
  const reader = await openSqliteReader(made.state)
  try {
    expect((await reader.definitions()).get(one.destination)).toBe('{"type":"webhook","redact":{"mask":["actor"]}}')
  } finally {
    await reader.close()
  }
})
