// Destinations' own bounds as a user meets them: a receiver that is dead, a small bound, and what became of the events afterwards.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Place } from './run-fixture.ts'

const MiB = 2 ** 20

let place: Place
beforeEach(async () => {
  place = await Place.make()
})
afterEach(() => place.remove())

interface DestinationShown {
  readonly name: string
  readonly waiting: number
  readonly retrying: number
  readonly delivered: number
  readonly dropped: number
  readonly dead: number
  readonly routed: number
  readonly balanced: boolean
  readonly buffer: { readonly waiting_bytes: number; readonly max_bytes: number; readonly when_full: string } | null
}

async function shown(): Promise<Record<string, DestinationShown>> {
  const { out } = await place.start(['status', '--json']).ended
  const { destinations } = JSON.parse(out) as { destinations: DestinationShown[] }
  return Object.fromEntries(destinations.map((one) => [one.name, one]))
}

/** `count` events of about 1 KiB, before compression. */
function big(count: number): string[] {
  const at = '2026-05-17T08:00:00Z'
  return Array.from({ length: count }, (_, id) =>
    JSON.stringify({
      event_id: `e-${id}`,
      event_type: 'user.signed_in',
      occurred_at: at,
      data: { id, pad: 'x'.repeat(900) },
    }),
  )
}

/** An address at which nobody listens, as `up` makes of the receiver. */
function configure(buffer: object, port = 1): void {
  const dead = { type: 'webhook', url: `http://127.0.0.1:${port}/hook`, batch: 100, buffer }
  place.configure({ siem: dead, archive: { type: 'file', path: './archive' } })
}

function archived(): Set<string> {
  const folder = place.file('archive')
  const files = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.jsonl'))
  const lines = files.flatMap((name) => fs.readFileSync(path.join(folder, name), 'utf8').trim().split('\n'))
  return new Set(lines.map((line) => (JSON.parse(line) as { event_id: string }).event_id))
}

async function expectChecked(): Promise<void> {
  const { code, out, err } = await place.start(['check']).ended
  expect(code, out + err).toBe(0)
}

describe('a destination with a bound of its own', () => {
  it('row 58: drop_oldest: drops beyond max_bytes, says so, and the file beside it has everything', async () => {
    configure({ max_bytes: '4MiB', when_full: 'drop_oldest' })
    place.append(...big(8000))
    const running = place.start(['run', '--log-format', 'json'])
    await running.logged('dropped')
    const { err } = await running.stop()
    expect(err).toContain('more waited than buffer.max_bytes allows')
    const { siem, archive } = await shown()
    expect(siem).toMatchObject({ delivered: 0, dead: 0, balanced: true, buffer: { when_full: 'drop_oldest' } })
    expect(siem?.dropped).toBeGreaterThan(2000)
    expect(archive).toMatchObject({ dropped: 0, balanced: true, buffer: null })
    await expectChecked()

    // The receiver is back: what is left is delivered, and it is the newest.
    configure({ max_bytes: '4MiB', when_full: 'drop_oldest' }, Number(new URL(place.receiver.url).port))
    await place.start(['run', '--once', '--max-wait', '20s']).ended
    const after = await shown()
    expect(after['siem']).toMatchObject({ waiting: 0, retrying: 0, dead: 0, balanced: true })
    const got = new Set(place.receivedIds().filter((id) => id.startsWith('e-')))
    expect(got.size + (after['siem']?.dropped ?? 0)).toBeGreaterThanOrEqual(8000)
    expect(got).toContain('e-7999')
    expect(got).not.toContain('e-0')
    expect([...archived()].filter((id) => id.startsWith('e-'))).toHaveLength(8000)
    await expectChecked()
  })

  it('block: the source waits, status names the destination, and it goes on by itself when the receiver is back', async () => {
    configure({ max_bytes: '4MiB' })
    place.append(...big(8000))
    const running = place.start(['run', '--log-format', 'json'])
    await running.logged('state_full')
    const text = (await place.start(['status']).ended).out
    expect(text).toMatch(/destination "siem" has reached its\s+buffer\.max_bytes/)
    expect(text).toMatch(/BUFFERS\n.*siem {2,}\d[\d.]* MiB of 4 MiB waiting; blocks its sources when full/)
    const { siem } = await shown()
    expect(siem?.buffer?.waiting_bytes).toBeGreaterThanOrEqual(4 * MiB)
    expect(siem?.buffer?.waiting_bytes).toBeLessThan(5.2 * MiB)
    expect((await running.stop()).code).toBe(0)

    configure({ max_bytes: '4MiB' }, Number(new URL(place.receiver.url).port))
    const again = place.start(['run', '--log-format', 'json'])
    const { receiver } = place
    const got = (): number => new Set(place.receivedIds().filter((id) => id.startsWith('e-'))).size
    while (got() < 8000) await again.sees(receiver.received(receiver.requests.length + 1))
    await again.stop()
    expect((await shown())['siem']).toMatchObject({ dropped: 0, dead: 0, balanced: true })
  })
})
