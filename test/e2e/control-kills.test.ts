// A relay that carries out commands is killed before each of its commits in turn: whatever was done by then is not done again, and the
// request and the audit say once what was dropped.
import fs from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { CRASH_VARIABLE } from '../../src/runtime/crash-points.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { openSqliteReader } from '../../src/store/sqlite/reader.ts'
import type { Asked } from '../../src/store/requests.ts'
import { done } from './commands.ts'
import { events, Place } from './run-fixture.ts'

let at: Place
let prepared: string
beforeEach(async () => {
  at = await Place.make()
  prepared = `${at.folder}-prepared`
})
afterEach(async () => {
  await at.remove()
  fs.rmSync(prepared, { recursive: true, force: true })
})

/** What is asked, and what is said of it in the end, however often the relay was killed. */
const expected: readonly (readonly [Asked, text: string])[] = [
  [
    { kind: 'disable_destination', destination: 'siem', discard: true },
    'disabled; 40 events dropped, and what comes is dropped until it is enabled again',
  ],
  [{ kind: 'remove_destination', destination: 'old' }, 'removed; dropped 40 waiting events and 0 dead letters'],
  [
    { kind: 'disable_source', source: 'app' },
    'disabled; it is not read until it is enabled again, and then from where it was',
  ],
]

it('killed before any commit, a discard, a removal and a stop are told once, as they were', async () => {
  const first = await prepare()
  const said = expected.map(([, text], index) => ({ request: first + index, text }))
  let kills = 0
  for (let nth = 1; ; nth++) {
    fs.rmSync(at.folder, { recursive: true })
    fs.cpSync(prepared, at.folder, { recursive: true })
    const { code, signal } = await at.start(['run', '--once'], { [CRASH_VARIABLE]: `before-commit:${nth}` }).ended
    if (signal === 'SIGKILL') kills++
    else expect([nth, code]).toEqual([nth, 0])
    await done(at, 'run', '--once')
    expect([nth, await told(first)]).toEqual([nth, { requests: said, audited: said, faults: [] }])
    if (signal === null) break
  }
  // At least: a start, the commands, and the end.
  expect(kills).toBeGreaterThanOrEqual(3)
  console.log(`${kills} kills while three commands were carried out`)
}, 300_000)

/** A state in which two destinations wait with 40 events each, one of them parked, and everything is asked; the number of the first. */
async function prepare(): Promise<number> {
  at.configure({ siem: at.webhook(), old: at.webhook(), other: { type: 'file', path: './archive' } })
  await done(at, 'run', '--once')
  for (const name of ['siem', 'old']) await done(at, 'destinations', 'disable', name)
  at.append(...events(0, 40))
  await done(at, 'run', '--once')
  at.configure({ siem: at.webhook(), other: { type: 'file', path: './archive' } })
  await done(at, 'run', '--once')
  const bounds = { maxBytes: Infinity, keepMs: Infinity }
  const path = at.file('state.db')
  const store = await openSqliteStore({ path, bounds, reserveBytes: 0, newState: false, clock: systemClock })
  const numbers: number[] = []
  for (const [asked] of expected) numbers.push(await store.ask(asked, 'alice', systemClock.now()))
  await store.close(systemClock.now())
  fs.cpSync(at.folder, prepared, { recursive: true })
  return numbers[0] as number
}

/** What the requests and the audit say, in the order of their numbers, and what `check` finds. */
async function told(first: number): Promise<object> {
  const reader = await openSqliteReader(at.file('state.db'))
  try {
    const { faults } = await reader.check()
    const requests = (await reader.requests(100)).map(({ id, text }) => ({ request: id, text }))
    const notices = await reader.notices(100)
    const audited = notices.map(({ data }) => ({ request: Number(data['request'] ?? 0), text: data['text'] }))
    const sorted = (all: readonly { request: number }[]): object[] =>
      all.filter(({ request }) => request >= first).sort((a, b) => a.request - b.request)
    return { requests: sorted(requests), audited: sorted(audited), faults }
  } finally {
    await reader.close()
  }
}
