// The exact events that ZITADEL's documented samples become (the examples of proto/zitadel/event.proto, and of its event API guide).
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeZitadel } from '../../../fakes/zitadel.ts'
import { open } from './reading.ts'

const day = Date.parse('2019-04-01T00:00:00Z')

let fake: FakeZitadel
beforeEach(async () => {
  fake = await FakeZitadel.start()
})
afterEach(async () => fake.close())

const added = `{"editor":{"userId":"165617389845094785","displayName":"Minnie Mouse","service":"Management-API"},"aggregate":{"id":"165617850743094785","type":{"type":"user","localized":{"key":"AggregateTypes.user","localizedMessage":"User"}},"resourceOwner":"165617850930497249"},"sequence":"2","creationDate":"2019-04-01T08:45:00.000000Z","payload":{"firstName":"Gigi","lastName":"Giraffe","userName":"gigi@zitadel.com","displayName":"Gigi"},"type":{"type":"user.human.added","localized":{"key":"EventTypes.user.human.added","localizedMessage":"Person added"}}}`
const checked = `{"editor":{"userId":"LOGIN","service":"zitadel"},"aggregate":{"id":"165617850743094785","type":{"type":"user"},"resourceOwner":"165617850930497249"},"sequence":"7","creationDate":"2019-04-01T08:46:10.5Z","payload":{"id":"1","userAgentID":"2","userAgent":"Mozilla/5.0","acceptLanguage":"de","remoteIP":"203.0.113.7"},"type":{"type":"user.human.password.check.failed"}}`
const session = `{"editor":{"userId":"165617389845094785"},"aggregate":{"id":"V2_1|x","type":{"type":"session"}},"sequence":"1","creationDate":"2019-04-01T08:47:00Z","payload":{"user_agent":{"ip":"2001:db8::1","description":"Chrome, Linux","fingerprint_id":"f"}},"type":{"type":"session.added"}}`

async function mapped(record: string, payload: 'none' | 'all'): Promise<string> {
  fake.instead = () => ({ body: `{"events":[${record}]}` })
  const { source } = open(fake, { payload })
  const window = { from: day, to: day + 86_400_000 }
  for await (const { draft } of source.readWindow({ part: '', window, progress: null }, new AbortController().signal))
    return draft.json(0)
  throw new Error('no page')
}

test.each<[string, string, 'none' | 'all', string]>([
  [
    'somebody was added, payload none',
    added,
    'none',
    '{"event_id":"acme|user|165617850743094785|2","event_type":"user.human.added","occurred_at":"2019-04-01T08:45:00.000000Z","tenant":{"id":"165617850930497249"},"actor":{"kind":"user","id":"165617389845094785","label":"Minnie Mouse"},"target":{"kind":"user","id":"165617850743094785"},"outcome":"success","data":{"instance":"acme","sequence":"2"},"source":{"name":"zitadel-prod","type":"zitadel"}}',
  ],
  [
    'the same, payload all',
    added,
    'all',
    '{"event_id":"acme|user|165617850743094785|2","event_type":"user.human.added","occurred_at":"2019-04-01T08:45:00.000000Z","tenant":{"id":"165617850930497249"},"actor":{"kind":"user","id":"165617389845094785","label":"Minnie Mouse"},"target":{"kind":"user","id":"165617850743094785"},"outcome":"success","data":{"instance":"acme","sequence":"2","payload":{"firstName":"Gigi","lastName":"Giraffe","userName":"gigi@zitadel.com","displayName":"Gigi"}},"source":{"name":"zitadel-prod","type":"zitadel"}}',
  ],
  [
    'a wrong password, payload all',
    checked,
    'all',
    '{"event_id":"acme|user|165617850743094785|7","event_type":"user.human.password.check.failed","occurred_at":"2019-04-01T08:46:10.5Z","tenant":{"id":"165617850930497249"},"actor":{"kind":"system","id":"LOGIN"},"target":{"kind":"user","id":"165617850743094785"},"outcome":"failure","context":{"ip":"203.0.113.7","user_agent":"Mozilla/5.0"},"data":{"instance":"acme","sequence":"7","payload":{"id":"1","userAgentID":"2","userAgent":"Mozilla/5.0","acceptLanguage":"de","remoteIP":"203.0.113.7"}},"source":{"name":"zitadel-prod","type":"zitadel"}}',
  ],
  [
    'a session, payload all',
    session,
    'all',
    '{"event_id":"acme|session|V2_1%7Cx|1","event_type":"session.added","occurred_at":"2019-04-01T08:47:00Z","actor":{"kind":"user","id":"165617389845094785"},"target":{"kind":"session","id":"V2_1|x"},"outcome":"success","context":{"ip":"2001:db8::1","user_agent":"Chrome, Linux"},"data":{"instance":"acme","sequence":"1","payload":{"user_agent":{"ip":"2001:db8::1","description":"Chrome, Linux","fingerprint_id":"f"}}},"source":{"name":"zitadel-prod","type":"zitadel"}}',
  ],
])('%s', async (_, record, payload, expected) => expect(await mapped(record, payload)).toBe(expected))
