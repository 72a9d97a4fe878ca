// What the YAML of a Zuora source may say.
import { expect, test } from 'vitest'
import { zuora } from '../../../../src/sources/zuora/index.ts'
import { sourceTools } from '../../../fakes/source-tools.ts'
import { TestClock } from '../../../fakes/test-clock.ts'

const given = {
  url: 'https://rest.zuora.com',
  auth: { client_id: 'id', client_secret: 'secret-0123' },
  logs: ['global-logins', 'global-settings'],
}
const faults = (more: object): string[] =>
  zuora.options
    .safeParse({ ...given, ...more })
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []

test('little is needed', () => {
  expect(zuora.options.parse(given)).toMatchObject({
    url: 'https://rest.zuora.com',
    logs: ['global-logins', 'global-settings'],
    auth: { type: 'client_credentials', clientAuth: 'post', tokenUrl: undefined },
    dataQuery: { given: { limit: 100_000, hosts: ['*.amazonaws.com'], every: 5000, timeout: 3_600_000 } },
  })
})

test.each<[object, RegExp]>([
  [{ logs: [] }, /^logs: /],
  [{ logs: ['global-login'] }, /^logs\.0: /],
  [{ logs: ['global-logins', 'global-logins'] }, /^logs\.1: this log stands here twice/],
  [{ logs: ['tenant-logins'] }, /^tenant_id: tenant-logins needs the id of the tenant/],
  [{ url: 'rest.zuora.com' }, /^url: expected an absolute address/],
  [{ url: 'https://rest.zuora.com/?a=1' }, /^url: no part after/],
  [{ auth: { token: 'x' } }, /^auth/],
  [{ auth: { client_id: 'x' } }, /^auth\.client_secret: expected the secret/],
  [{ values: 'some' }, /^values: /],
  [{ entity_ids: [] }, /^entity_ids: /],
  [{ entity_ids: 'a\nb' }, /^entity_ids: /],
  [{ audit_logs: { pages: {} } }, /^audit_logs: /],
  [{ audit_logs: { page: { size: 'many' } } }, /^audit_logs\.page\.size: /],
  [
    { audit_logs: { page: { into: 'query.page' } } },
    /^audit_logs\.page\.into: \{\{page\}\} stands in the request already/,
  ],
  [{ audit_logs: { body: { page: '{{page}}', a: '{{form}}' } } }, /^audit_logs\.body\.a: .*did you mean "from"/],
  [{ audit_logs: { body: { page: '{{page}}' } } }, /^audit_logs: a window needs \{\{from\}\}/],
  [{ audit_logs: { logins: { occurred_at: 7 } } }, /^audit_logs\.logins\.occurred_at: /],
  [{ audit_logs: { records: { at: 'content' } } }, /^audit_logs\.records\.at: expected body/],
  [{ logs: ['login-events'], data_query: { limit: 100_001 } }, /^data_query\.limit: /],
  [
    { logs: ['login-events'], data_query: { time_condition: 'timestamp > {{from}}' } },
    /^data_query\.time_condition: expected/,
  ],
  [{ logs: ['login-events'], data_query: { hosts: ['https://x'] } }, /^data_query\.hosts\.0: expected a host/],
  [{ logs: ['login-events'], data_query: { logins: { event_idd: 'x' } } }, /^data_query\.logins: /],
  [{ cert_file: 'a.pem' }, /^cert_file: /],
])('%j is a fault', (more, message) => expect(faults(more)).toEqual([expect.stringMatching(message)]))

test('each log is read in windows; the audit logs of OneID only for as long as they are shown', () => {
  const windows = (logs: string[]) => zuora.windows(zuora.options.parse({ ...given, logs }))
  expect(windows(['global-logins'])).toMatchObject({ retentionMs: 180 * 86_400_000 })
  expect(windows(['login-events'])).toMatchObject({ retentionMs: null })
  expect(zuora.everyOf({ logs: ['global-logins'] })).toBeUndefined()
  expect(zuora.everyOf({ logs: ['global-logins', 'login-events'] })).toBe(900_000)
  expect(zuora.everyOf({})).toBeUndefined()
})

test.each([
  ['https://rest.zoura.com', 'rest.zuora.com'],
  ['https://rest.eu.zuora.co', 'rest.eu.zuora.com'],
  ['https://rest.zuora.com', undefined],
  ['https://rest.ap.zuora.com', undefined],
  ['https://zuora-gateway.acme.example', undefined],
])('%s: did you mean %s', async (url, meant) => {
  const tools = sourceTools(new TestClock())
  await zuora.open(zuora.options.parse({ ...given, url, audit_logs: { checked: true } }), tools).close()
  expect(tools.notices.map(({ text }) => /did you mean ([^?]+)\?/.exec(text)?.[1])).toEqual(
    meant === undefined ? [] : [meant],
  )
})

test('paths are against the folder of the configuration', () => {
  const options = zuora.options.parse({ ...given, ca_file: 'ca.pem' })
  expect(zuora.settle(options, '/etc/relay')).toMatchObject({ connection: { caFile: '/etc/relay/ca.pem' } })
})
