// Old dead letters of the real relay, run by cron: announced, shown, carried out a day later; and kept where the file says so.
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { event, Place } from './run-fixture.ts'

const day = 86_400_000

let place: Place
beforeEach(async () => {
  place = await Place.make()
})
afterEach(() => place.remove())

/** Between two runs: as if the relay had lived so long. */
function live(ms: number): void {
  const db = new Database(place.file('state.db'), { fileMustExist: true })
  db.prepare('UPDATE state SET elapsed_ms = elapsed_ms + ?').run(ms)
  db.close()
}

async function once(): Promise<string> {
  const { err } = await place.start(['run', '--once', '--max-wait', '1s']).ended
  return err
}

interface Status {
  readonly destinations: readonly {
    readonly name: string
    readonly dead: number
    readonly dropped: number
    readonly purge: { readonly letters: number; readonly in_seconds: number } | null
  }[]
}

async function status(): Promise<Status['destinations']> {
  const { out } = await place.start(['status', '--json']).ended
  return (JSON.parse(out) as Status).destinations
}

it('ends dead letters after the time in the file, announced a day before', async () => {
  const sinks = { brief: { dead_letters: { keep: '3d' } }, usual: {}, for_ever: { dead_letters: { keep: 'forever' } } }
  place.configure(Object.fromEntries(Object.entries(sinks).map(([name, more]) => [name, place.webhook(more)])))
  // One is refused and one is taken, so that the refusal stands.
  place.append(event(0), event(1))
  place.receiver.answer(({ body }) => (body.includes('"e-0"') ? { status: 400 } : {}))
  await once()
  expect(await status()).toMatchObject(Object.keys(sinks).map((name) => ({ name, dead: 1, purge: null })))

  live(2 * day)
  expect(await once()).toMatch(/"dead_letters_expiring","destination":"brief","letters":1,/)
  const [brief, usual] = await status()
  expect(brief).toMatchObject({ dead: 1, purge: { letters: 1 } })
  expect(brief?.purge?.in_seconds).toBeGreaterThan(86_000)
  expect(usual).toMatchObject({ dead: 1, purge: null })
  const shown = await place.start(['status']).ended
  expect(shown.out.replaceAll(/\s+/g, ' ')).toContain('brief its dead letter will be purged in 1d at the earliest')

  live(day + 60_000)
  expect(await once()).toMatch(/"dead_letters_purged","destination":"brief","letters":1,/)
  live(30 * day)
  await once()
  live(day + 60_000)
  await once()
  expect(await status()).toMatchObject([
    { name: 'brief', dead: 0, dropped: 1, purge: null },
    { name: 'usual', dead: 0, dropped: 1, purge: null },
    { name: 'for_ever', dead: 1, dropped: 0, purge: null },
  ])
  expect((await place.start(['check']).ended).code).toBe(0)
})
