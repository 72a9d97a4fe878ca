// Overviews made by hand: one relay where all is well, one where everything is wrong at once.
import type { DestinationOverview, Health, Overview, SourceOverview } from '../../../src/store/store.ts'
import { NOW } from './fake-world.ts'

const minute = 60_000

export const closed: Health = {
  state: 'closed',
  since: NOW - 60 * minute,
  nextTrialAt: 0,
  trials: 0,
  reason: null,
  lastDeliveredAt: NOW - 3000,
  lastFailure: null,
}

export function source(changes: Partial<SourceOverview> = {}): SourceOverview {
  return {
    name: 'app',
    enabled: true,
    pulled: 12_350,
    new: 12_345,
    duplicates: 5,
    conflicts: 0,
    quarantined: 0,
    lastEventAt: NOW - 4000,
    parts: 1,
    lastPull: { at: NOW - 1000, ok: true, error: null, notices: [] },
    late: [],
    quarantine: [],
    ...changes,
  }
}

export function destination(changes: Partial<DestinationOverview> = {}): DestinationOverview {
  return {
    name: 'siem',
    type: 'webhook',
    state: 'enabled',
    stopped: false,
    discard: false,
    buffer: null,
    purge: null,
    offered: 12_345,
    filtered: 345,
    routed: 12_000,
    delivered: 12_000,
    waiting: 0,
    retrying: 0,
    dead: 0,
    dropped: 0,
    oldestWaitingAt: null,
    nextRetryAt: null,
    health: closed,
    lastAttempts: [],
    ...changes,
  }
}

export const well: Overview = {
  instance: '5f0c',
  heartbeatAt: NOW - 2000,
  running: true,
  usedBytes: 13_000_000,
  sources: [source()],
  destinations: [
    destination(),
    destination({ name: 'archive', type: 'file', filtered: 0, routed: 12_345, delivered: 12_345 }),
  ],
}

const denied = {
  code: 'http_401',
  text: 'the receiver answered 401 Unauthorized; check "secret" and write the new one',
  status: 401,
}

export const troubled: Overview = {
  instance: '5f0c',
  heartbeatAt: NOW - 47 * minute,
  running: false,
  usedBytes: 10_000_000_000,
  sources: [
    source({
      pulled: 12_353,
      quarantined: 3,
      conflicts: 1,
      lastPull: {
        at: NOW - 47 * minute,
        ok: false,
        error: 'outbox/b.jsonl: permission denied',
        notices: [
          {
            level: 'error',
            code: 'unreadable',
            subject: 'outbox/b.jsonl',
            text: 'outbox/b.jsonl cannot be read: permission denied; allow it for the user audit-relay',
          },
          {
            level: 'warning',
            code: 'shrunk',
            subject: 'outbox/c.jsonl',
            text: 'outbox/c.jsonl became shorter: read again from its beginning',
          },
        ],
      },
      resting: [{ backfill: 12, reason: 'HTTP 403: the token may not read the audit log' }],
      quarantine: [
        {
          at: NOW - 2 * minute,
          reason: 'not_json',
          detail: 'no JSON\u001b[31m at column 4',
          place: 'outbox/app.jsonl at byte 1834',
        },
      ],
    }),
    source({
      name: 'relay',
      pulled: 0,
      new: 0,
      duplicates: 0,
      lastPull: {
        at: NOW - 47 * minute,
        ok: true,
        error: null,
        notices: [
          {
            level: 'warning',
            code: 'config_changed',
            subject: '/etc/audit-relay/audit-relay.yaml',
            text: '/etc/audit-relay/audit-relay.yaml changed and is valid: restart to apply it',
          },
        ],
      },
    }),
    source({ name: '監査ログ', new: 0, pulled: 0, duplicates: 0, lastEventAt: null, lastPull: null }),
  ],
  destinations: [
    destination({
      delivered: 11_000,
      waiting: 990,
      retrying: 8,
      dead: 2,
      purge: { letters: 1, inMs: 18 * 60 * minute + 29_500 },
      oldestWaitingAt: NOW - 50 * minute,
      nextRetryAt: NOW + minute,
      health: {
        ...closed,
        state: 'halted',
        since: NOW - 49 * minute,
        reason: denied,
        nextTrialAt: NOW + 12_000,
        trials: 80,
        lastDeliveredAt: NOW - 50 * minute,
      },
    }),
    destination({ name: 'archive', type: 'file', delivered: 11_999 }),
    destination({
      name: 'old-siem',
      state: 'parked',
      delivered: 11_900,
      waiting: 100,
      oldestWaitingAt: NOW - 26 * 60 * minute,
      health: null,
    }),
    destination({ name: 'later', state: 'disabled', offered: 0, filtered: 0, routed: 0, delivered: 0, health: null }),
  ],
}
