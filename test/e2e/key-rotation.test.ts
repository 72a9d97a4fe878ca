// A key is rotated while events flow: the receiver refuses the old one before the file has the new one, and nobody restarts anything.
import fs from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { balanceOf, done } from './commands.ts'
import { events, ids, Place } from './run-fixture.ts'

let at: Place
beforeEach(async () => {
  at = await Place.make()
})
afterEach(() => at.remove())

it('row 45: a 401 halts, and the new key in its file is taken without a restart; nothing is lost, dead or told', async () => {
  const [oldKey, newKey] = ['the-old-key-0123456789', 'the-new-key-9876543210']
  fs.writeFileSync(at.file('key'), `${oldKey}\n`)
  at.configure({
    siem: at.webhook({ in_flight: 8, headers: { authorization: 'Bearer ${file:./key}' } }),
    other: at.webhook({ url: `${at.receiver.url}/other` }),
  })
  let accepted = oldKey
  const taken: string[] = []
  const refused = new Set<string>()
  at.receiver.answer(({ path, headers, body }) => {
    if (path === '/other') return {}
    const { event_id: id } = JSON.parse(body.toString()) as { event_id: string }
    if (headers['authorization'] !== `Bearer ${accepted}`) {
      refused.add(id)
      return { status: 401, body: `key ${headers['authorization']} is not known` }
    }
    taken.push(id)
    if (taken.length === 300) accepted = newKey
    return {}
  })
  at.append(...events(0, 1000))
  const relay = at.start(['run', '--log-format', 'json'])
  await relay.logged('health_changed')
  expect(refused.size).toBeGreaterThan(0)
  // What comes meanwhile waits, and the sibling knows nothing of it.
  at.append(...events(1000, 1200))
  await relay.sees(all(() => others().size === 1200))
  expect(taken.length).toBeLessThan(1000)
  expect(await balanceOf(at, 'siem')).toMatchObject({ dead: 0, dropped: 0, balanced: true })
  // As secrets are replaced where they are mounted: a new file takes the name.
  fs.writeFileSync(at.file('key.new'), `${newKey}\n`)
  fs.renameSync(at.file('key.new'), at.file('key'))
  await relay.sees(all(() => taken.length >= 1200))
  const { code, err } = await relay.stop()
  expect(code).toBe(0)
  expect(new Set(taken)).toEqual(new Set(ids(0, 1200)))
  expect(taken).toHaveLength(1200)
  expect(await balanceOf(at, 'siem')).toMatchObject({
    delivered: 1200,
    dead: 0,
    waiting: 0,
    retrying: 0,
    balanced: true,
  })
  await done(at, 'check')
  for (const key of [oldKey, newKey]) expect(err).not.toContain(key)
})

function others(): ReadonlySet<string> {
  const requests = at.receiver.requests.filter(({ path }) => path === '/other')
  return new Set(requests.map(({ body }) => (JSON.parse(body.toString()) as { event_id: string }).event_id))
}

/** Looks after every request that comes. */
async function all(met: () => boolean): Promise<void> {
  while (!met()) await at.receiver.received(at.receiver.requests.length + 1)
}
