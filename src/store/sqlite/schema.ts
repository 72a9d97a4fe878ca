// The tables, as numbered migrations: forward only, each in one transaction, never edited once released.
import type { Database } from 'better-sqlite3'
import { StateError } from '../../model/errors.ts'
import { crashPoint } from '../../runtime/crash-points.ts'

/** `ARly`: tells our files from other programs'. */
const APPLICATION_ID = 0x41_52_6c_79

const first = `
-- One row. Its generation grows with each opening; a holder that finds another generation than its own has lost the state.
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  instance TEXT NOT NULL, secret BLOB NOT NULL,
  generation INTEGER NOT NULL, marker TEXT NOT NULL CHECK (marker IN ('open', 'clean', 'backup')),
  created_at INTEGER NOT NULL, heartbeat_at INTEGER,
  elapsed_ms INTEGER NOT NULL, wall_at INTEGER NOT NULL,
  next_seq INTEGER NOT NULL
);
-- chain: of the newest page. pruned_chain: of the newest page whose row is gone. body_from, kept_from: the first page that still
-- has its bytes, its row. events_gone: events of rows that are gone.
CREATE TABLE source (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  events INTEGER NOT NULL DEFAULT 0, events_gone INTEGER NOT NULL DEFAULT 0,
  chain BLOB NOT NULL, pruned_chain BLOB NOT NULL,
  body_from INTEGER NOT NULL DEFAULT 0, kept_from INTEGER NOT NULL DEFAULT 0,
  last_event_at REAL, last_pull TEXT, parts INTEGER NOT NULL DEFAULT 0, disabled INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE cursor (
  source INTEGER NOT NULL, lane TEXT NOT NULL, part TEXT NOT NULL,
  value TEXT NOT NULL, seq INTEGER NOT NULL, saved_at INTEGER NOT NULL,
  PRIMARY KEY (source, lane, part)
) WITHOUT ROWID;
-- age: time that the relay had lived at the commit. before: events of the source in earlier pages.
CREATE TABLE page (
  first_seq INTEGER PRIMARY KEY, count INTEGER NOT NULL,
  source INTEGER NOT NULL, lane TEXT NOT NULL, queue INTEGER NOT NULL,
  window_from TEXT, window_to TEXT,
  committed_at INTEGER NOT NULL, age INTEGER NOT NULL,
  first_time REAL, last_time REAL,
  pulled INTEGER NOT NULL, duplicates INTEGER NOT NULL, conflicts INTEGER NOT NULL, quarantined INTEGER NOT NULL,
  before INTEGER NOT NULL, size INTEGER NOT NULL, digest BLOB NOT NULL, chain BLOB NOT NULL
);
CREATE INDEX page_of_source ON page (source, first_seq);
CREATE TABLE page_body (first_seq INTEGER PRIMARY KEY, codec INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE page_index (first_seq INTEGER PRIMARY KEY, columns BLOB NOT NULL);
-- bitmap: NULL when every event matches. before: matched events of the queue in earlier pages.
CREATE TABLE routing (
  destination INTEGER NOT NULL, queue INTEGER NOT NULL, page INTEGER NOT NULL,
  source INTEGER NOT NULL, count INTEGER NOT NULL, bitmap BLOB, matched INTEGER NOT NULL, before INTEGER NOT NULL,
  PRIMARY KEY (destination, queue, page)
) WITHOUT ROWID;
CREATE TABLE destination (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, type TEXT NOT NULL, definition TEXT NOT NULL, sources TEXT,
  state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled', 'parked')),
  ever_enabled INTEGER NOT NULL, created_seq INTEGER NOT NULL, created_at INTEGER NOT NULL, parked_seq INTEGER,
  was TEXT, health TEXT, retrying INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0
);
-- Stretches of earlier pages that a destination is still to be routed over: [routed_to, to_seq).
CREATE TABLE late (
  destination INTEGER NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL, routed_to INTEGER NOT NULL,
  PRIMARY KEY (destination, from_seq)
) WITHOUT ROWID;
-- total: matched events of the queue so far.
CREATE TABLE position (
  destination INTEGER NOT NULL, queue INTEGER NOT NULL,
  position INTEGER NOT NULL, above TEXT NOT NULL DEFAULT '[]', total INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (destination, queue)
) WITHOUT ROWID;
CREATE TABLE exception (
  destination INTEGER NOT NULL, seq INTEGER NOT NULL, source INTEGER NOT NULL,
  dead INTEGER NOT NULL, provisional INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL, first_attempted_at INTEGER NOT NULL, put_at INTEGER NOT NULL, next_at INTEGER,
  cause TEXT, reason TEXT NOT NULL, history TEXT NOT NULL, died_at INTEGER, event BLOB NOT NULL,
  PRIMARY KEY (destination, seq)
) WITHOUT ROWID;
CREATE INDEX exception_due ON exception (destination, next_at) WHERE dead = 0;
CREATE INDEX exception_provisional ON exception (destination, cause) WHERE provisional = 1;
CREATE TABLE attempt (
  destination INTEGER NOT NULL, number INTEGER NOT NULL,
  at INTEGER NOT NULL, batch TEXT NOT NULL, kind TEXT NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL,
  events INTEGER NOT NULL, duration_ms REAL NOT NULL, verdict TEXT NOT NULL, reason TEXT,
  PRIMARY KEY (destination, number)
) WITHOUT ROWID;
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY, source INTEGER NOT NULL, at INTEGER NOT NULL,
  reason TEXT NOT NULL, detail TEXT NOT NULL, place TEXT NOT NULL, bytes BLOB NOT NULL
);
CREATE INDEX quarantine_of_source ON quarantine (source, id);
-- day: of the commit or of the delivery, days since the epoch.
CREATE TABLE source_ledger (
  source INTEGER NOT NULL, day INTEGER NOT NULL,
  pulled INTEGER NOT NULL DEFAULT 0, new INTEGER NOT NULL DEFAULT 0, duplicate INTEGER NOT NULL DEFAULT 0,
  conflict INTEGER NOT NULL DEFAULT 0, quarantined INTEGER NOT NULL DEFAULT 0,
  bypassed INTEGER NOT NULL DEFAULT 0, missing INTEGER NOT NULL DEFAULT 0,
  pruned_first INTEGER, pruned_last INTEGER, pruned_pages INTEGER NOT NULL DEFAULT 0, pruned_chain BLOB,
  PRIMARY KEY (source, day)
) WITHOUT ROWID;
CREATE TABLE ledger (
  destination INTEGER NOT NULL, source INTEGER NOT NULL, day INTEGER NOT NULL,
  offered INTEGER NOT NULL DEFAULT 0, filtered INTEGER NOT NULL DEFAULT 0, routed INTEGER NOT NULL DEFAULT 0,
  delivered INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (destination, source, day)
) WITHOUT ROWID;
CREATE TABLE request (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'asked', progress TEXT, finished_at INTEGER
);
CREATE TABLE notice (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, carried INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX notice_waiting ON notice (id) WHERE carried = 0;
`

const second = `
-- stopped: by a command, which outlives restarts and edits of the file; the state is enabled when the file says so and nobody
-- stopped it. discard: what comes while it is stopped is dropped.
ALTER TABLE destination ADD COLUMN stopped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE destination ADD COLUMN discard INTEGER NOT NULL DEFAULT 0;
ALTER TABLE destination ADD COLUMN file_enabled INTEGER NOT NULL DEFAULT 1;
UPDATE destination SET file_enabled = 0 WHERE state = 'disabled';
-- request: the replay that took it last.
ALTER TABLE exception ADD COLUMN request INTEGER;
CREATE INDEX exception_of_request ON exception (request) WHERE request IS NOT NULL AND dead = 0;
-- direct: of routed, those that came past the queues and have no routing: copies of dead letters, and what was dropped at commit.
ALTER TABLE ledger ADD COLUMN direct INTEGER NOT NULL DEFAULT 0;
DROP TABLE request;
-- place: how many of the chosen were gone through.
CREATE TABLE request (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, by TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'running', 'done', 'failed')),
  place INTEGER NOT NULL DEFAULT 0, chosen INTEGER NOT NULL DEFAULT 0,
  taken INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0,
  delivered INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0,
  text TEXT, finished_at INTEGER
);
CREATE INDEX request_open ON request (id) WHERE finished_at IS NULL;
-- buffer: its bound as JSON, null without one. purge_before: dead letters that died before this age are announced to go, from
-- the age purge_from on. Ages are time that the relay has lived, ms. replaying: the request that fills its replay queue.
ALTER TABLE destination ADD COLUMN buffer TEXT;
ALTER TABLE destination ADD COLUMN purge_before INTEGER;
ALTER TABLE destination ADD COLUMN purge_from INTEGER;
ALTER TABLE destination ADD COLUMN replaying INTEGER;
-- age: of the commit, or of the replay that took it. died_age: of its death.
ALTER TABLE exception ADD COLUMN age INTEGER NOT NULL DEFAULT 0;
ALTER TABLE exception ADD COLUMN died_age INTEGER;
UPDATE exception SET age = (SELECT elapsed_ms FROM state);
UPDATE exception SET died_age = age WHERE dead = 1;
CREATE INDEX exception_age ON exception (destination, age) WHERE dead = 0;
CREATE INDEX exception_died ON exception (destination, died_age) WHERE dead = 1 AND provisional = 0;
-- bytes: of the matched events before compression; bytes_before and the position's bytes: like before and total.
ALTER TABLE routing ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE routing ADD COLUMN bytes_before INTEGER NOT NULL DEFAULT 0;
ALTER TABLE position ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
-- What a destination was from an ordinal on, so that an old verdict can be explained; NULL while it was parked.
CREATE TABLE definition (
  destination INTEGER NOT NULL, from_seq INTEGER NOT NULL, definition TEXT,
  PRIMARY KEY (destination, from_seq)
) WITHOUT ROWID;
INSERT INTO definition SELECT id, created_seq, definition FROM destination;
INSERT OR REPLACE INTO definition SELECT id, parked_seq, NULL FROM destination WHERE parked_seq IS NOT NULL;
DROP TABLE notice;
-- ripe_at: from when on nothing is added to it. destinations: names as JSON.
CREATE TABLE notice (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, ripe_at INTEGER NOT NULL, kind TEXT NOT NULL,
  destinations TEXT NOT NULL, source TEXT, by TEXT, outcome TEXT NOT NULL, count INTEGER NOT NULL, cause TEXT, data TEXT NOT NULL,
  carried INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX notice_waiting ON notice (id) WHERE carried = 0;
CREATE INDEX notice_carried ON notice (id) WHERE carried = 1;
CREATE INDEX notice_growing ON notice (ripe_at) WHERE carried = 0;
`

const third = `
-- remember_ms: for how much time lived its identities are remembered at least.
ALTER TABLE source ADD COLUMN remember_ms INTEGER NOT NULL DEFAULT 0;
-- remember_from: source time from which they are remembered in any case; NULL: no page said so.
ALTER TABLE source ADD COLUMN remember_from REAL;
-- digest: of the bytes; NULL in rows from before. A record that is read again is known by it.
ALTER TABLE quarantine ADD COLUMN digest BLOB;
CREATE INDEX quarantine_known ON quarantine (source, digest) WHERE digest IS NOT NULL;
-- The pages of a source whose events may meet a window, however far back. Numbers are rounded outwards: the page itself says exactly.
CREATE VIRTUAL TABLE page_span USING rtree (first_seq, source_from, source_to, first_time, last_time);
INSERT INTO page_span SELECT first_seq, source, source, first_time, last_time FROM page WHERE first_time IS NOT NULL;
-- bucket: as lateness.ts counts them.
CREATE TABLE late_event (
  source INTEGER NOT NULL, lane TEXT NOT NULL, bucket INTEGER NOT NULL, events INTEGER NOT NULL,
  PRIMARY KEY (source, lane, bucket)
) WITHOUT ROWID;
-- backfilled: how far a backfill has come, as JSON. forgotten_to: source time up to which identities may be forgotten; NULL: none is.
ALTER TABLE request ADD COLUMN backfilled TEXT;
ALTER TABLE source ADD COLUMN forgotten_to REAL;
UPDATE source SET forgotten_to = coalesce((SELECT first_time FROM page WHERE page.source = source.id ORDER BY first_seq LIMIT 1), last_event_at)
  WHERE events_gone > 0;
`

/** Migration `n` leads from version `n` to `n + 1`. */
export const MIGRATIONS: readonly string[] = [first, second, third]

/** Brings the schema up to date. A file that is newer or another program's is refused and left as it is. */
export function migrate(db: Database, path: string, migrations: readonly string[] = MIGRATIONS): void {
  for (let version = checkedVersion(db, path, migrations.length); version < migrations.length; version++) {
    const run = db.transaction(() => {
      db.exec(migrations[version] as string)
      db.pragma(`application_id = ${APPLICATION_ID}`)
      db.pragma(`user_version = ${version + 1}`)
      crashPoint('migration')
    })
    run.immediate()
  }
}

/** The schema's version, 0 for an empty file. Throws `StateError` when the file is not one that this program can use. */
export function checkedVersion(db: Database, path: string, newest = MIGRATIONS.length): number {
  const version = db.pragma('user_version', { simple: true }) as number
  const application = db.pragma('application_id', { simple: true }) as number
  const empty = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
  if (application !== APPLICATION_ID && !(empty && application === 0 && version === 0))
    throw new StateError(
      `${path} is an SQLite database of another program; name another file under "state" and leave this one alone`,
    )
  if (version > newest)
    throw new StateError(
      `${path} was written by a newer audit-relay (schema ${version}, this one knows up to ${newest}); install that version or a later one`,
    )
  return version
}
