// What live reading and a backfill of one source share: a token is had once for both, as they are opened by the reading thread.
import { expect, it, onTestFinished } from 'vitest'
import { openReader, type Reader } from '../../../src/polling/reader.ts'
import { SharedSource } from '../../../src/polling/shared-source.ts'
import { http } from '../../../src/sources/http/index.ts'
import type { SourceKind } from '../../../src/sources/source.ts'
import { startReceiver } from '../../fakes/http-receiver.ts'
import { testIdentity } from '../../fakes/source-tools.ts'
import { TestClock } from '../../fakes/test-clock.ts'
import { FakeTokenEndpoint } from '../../fakes/token-endpoint.ts'

const never = new AbortController().signal

it('live reading and a backfill that begin together ask for one token', async () => {
  const receiver = await startReceiver()
  const clock = new TestClock()
  const endpoint = new FakeTokenEndpoint(() => clock.now())
  endpoint.client = { id: 'me', secret: 's3cret', by: 'post' }
  receiver.answer((request) =>
    request.path === '/token' ? endpoint.answer(request) : { body: JSON.stringify({ events: [] }) },
  )
  const options = http.options.parse({
    url: receiver.url,
    auth: {
      client_id: 'me',
      client_secret: 's3cret',
      token_url: `${receiver.url}/token`,
    },
    request: { path: '/logs', query: { from: '{{from}}', to: '{{to}}' } },
    records: { at: 'body.events' },
    event: { event_id: 'id', event_type: 'type', occurred_at: 'at' },
  })
  const known = {
    name: 'api',
    kind: http as SourceKind,
    options: () => options,
    routes: [],
    identity: testIdentity,
  }
  const around = { ...known, clock, shared: new SharedSource(clock) }
  const backfill = {
    id: 1,
    from: clock.now() - 7_200_000,
    to: clock.now() - 3_600_000,
  }
  const readers = [openReader(around, [], () => {}), openReader({ ...around, backfill }, [], () => {})]
  onTestFinished(async () => {
    await Promise.all(readers.map((reader) => reader.close()))
    await receiver.close()
  })
  await Promise.all(readers.map(drained))
  expect(receiver.requests.filter(({ path }) => path.startsWith('/logs')).length).toBeGreaterThan(1)
  expect(endpoint.given).toHaveLength(1)
})

async function drained(reader: Reader): Promise<void> {
  for await (const _ of reader.read(never));
}
