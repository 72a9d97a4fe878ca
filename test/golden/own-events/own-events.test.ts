// The exact form of the relay's own events, one of each kind: receivers build rules on them.
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Identity } from '../../../src/model/identity.ts'
import { eventBytes } from '../../../src/model/page.ts'
import { encodeOwnPage } from '../../../src/polling/own-page.ts'
import {
  about,
  type NewNotice,
  type Notice,
  noticesOfConflicts,
  noticesOfDeaths,
  noticesOfGaps,
  noticesOfRegistration,
} from '../../../src/store/notices.ts'
import { noticeOfBeginning, noticesOfRequest } from '../../../src/store/request-notices.ts'
import type { Registration } from '../../../src/store/registration.ts'
import type { Asked, StoredRequest } from '../../../src/store/requests.ts'
import { ownEvent } from '../../../src/upkeep/own-event.ts'

const at = Date.UTC(2026, 4, 17, 8, 30, 15, 250)
const counts = { chosen: 12, taken: 10, skipped: 2, delivered: 9, dead: 1, dropped: 0 }

function request(asked: Asked, end: { ok: boolean; text: string } = { ok: true, text: 'done' }): NewNotice {
  const [notice] = noticesOfRequest(stored(asked, end.text), end)
  return notice as NewNotice
}

function stored(asked: Asked, text: string): StoredRequest {
  return {
    id: 3,
    at,
    by: 'mina',
    asked,
    state: 'done',
    text,
    finishedAt: at,
    counts: asked.kind === 'purge_dead_letters' ? { ...counts, taken: 0, delivered: 0, dead: 0, dropped: 10 } : counts,
    ...(asked.kind === 'backfill' && { backfilled }),
  }
}

function registration(change: Registration['change'], previousName: string | null = null): readonly NewNotice[] {
  const next = { name: 'siem', type: 'webhook' } as Registration['next']
  return noticesOfRegistration({ change, previousName, next } as Registration)
}

const backfill = { kind: 'backfill', source: 'app', from: at - 86_400_000, to: at, perSecond: 50, again: false } as const
const backfilled = { pages: 3, new: 40, known: 7, quarantined: 1, covered: 1, trouble: null }
const letters = [{ destination: 'siem', ranges: [[5, 17]] as const }]
const notices: readonly NewNotice[] = [
  ...registration('created'),
  ...registration('updated'),
  ...registration('renamed', 'splunk'),
  ...registration('returned'),
  ...registration('enabled'),
  ...registration('disabled'),
  ...registration('parked'),
  request({ kind: 'disable_destination', destination: 'siem', discard: false }),
  request({ kind: 'enable_destination', destination: 'siem' }, { ok: false, text: 'the file disables it' }),
  request({ kind: 'remove_destination', destination: 'siem' }),
  request({ kind: 'disable_source', source: 'app' }),
  request({ kind: 'enable_source', source: 'app' }),
  request({ kind: 'replay_dead_letters', letters, to: null, perSecond: null }),
  request({ kind: 'replay_dead_letters', letters, to: 'archive', perSecond: 100 }),
  request({ kind: 'purge_dead_letters', letters: [...letters, { destination: 'archive', ranges: [[1, 2]] }] }),
  request({ kind: 'replay_events', destination: 'siem', from: at - 3_600_000, to: at, perSecond: null }),
  ...noticesOfDeaths('siem', [
    { source: 'app', cause: 'rejected', reason: { code: 'http_400', text: 'HTTP 400: "bad field"', status: 400 } },
  ]),
  ...noticesOfConflicts('app', [{ eventId: 'e-1', newEventId: 'e-1~0011223344556677' }]),
  ...noticesOfGaps(
    'app',
    { at, ok: true, error: null, notices: [{ level: 'error', code: 'file_lost', subject: 'x.jsonl', text: 'gone' }] },
    null,
  ),
  about('event_delivered', {
    destinations: ['siem'],
    count: 40,
    data: { destination: 'siem', batch: '00112233445566778899aabbccddeeff', sources: ['app'] },
  }),
  noticeOfBeginning(stored(backfill, '')) as NewNotice,
  request(backfill),
  request(backfill, { ok: false, text: 'cancelled by mina' }),
  request({ kind: 'reset_source', source: 'app', part: null, to: at }),
]

it('each kind has the form that is documented, and passes as a canonical event', async () => {
  const made = notices.map((notice, index): Notice => ({ ...notice, id: index + 1, at, carried: false }))
  const { page, quarantined } = encodeOwnPage(
    made.map((notice) => ownEvent(notice, '0123456789ab')),
    [],
    new Identity(Buffer.alloc(32)),
  )
  expect([page.count, quarantined, Math.max(...page.tags)]).toEqual([notices.length, [], 0])
  const events = Array.from({ length: page.count }, (_, index) => Buffer.from(eventBytes(page, index)).toString())
  await expect(`${events.join('\n')}\n`).toMatchFileSnapshot(join(import.meta.dirname, 'own-events.jsonl'))
})
