// What the YAML of a ZITADEL source may say.
import { expect, test } from 'vitest'
import { zitadel } from '../../../../src/sources/zitadel/index.ts'

const given = { url: 'https://acme.zitadel.cloud', auth: { token: 'pat-0123456789' } }
const faults = (more: object): string[] =>
  zitadel.options
    .safeParse({ ...given, ...more })
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []

test('little is needed', () => {
  expect(zitadel.options.parse(given)).toMatchObject({
    url: 'https://acme.zitadel.cloud',
    instance: 'acme.zitadel.cloud',
    payload: 'none',
    limit: 1000,
  })
})

test('the instance is the host, in lower case and with its port, unless it has a name of its own', () => {
  expect(zitadel.options.parse({ ...given, url: 'https://ACME.zitadel.cloud:8443/' })).toMatchObject({
    instance: 'acme.zitadel.cloud:8443',
    url: 'https://acme.zitadel.cloud:8443',
  })
  expect(zitadel.options.parse({ ...given, instance: 'prod' })).toMatchObject({ instance: 'prod' })
})

test.each<[object, RegExp]>([
  [{ url: 'https://acme.zitadel.cloud/admin/v1' }, /^url: the address of the instance alone/],
  [{ url: 'https://user:secret@acme.zitadel.cloud' }, /^url: no user/],
  [{ event_types: ['user.*'] }, /^event_types\.0: ZITADEL takes whole names/],
  [{ limit: 1001 }, /^limit: /],
  [{ payload: 'some' }, /^payload: expected none, all, or a list/],
  [{ payload: [] }, /^payload: /],
  [{ auth: { username: 'a', password: 'b' } }, /^auth/],
  [{ auth: {} }, /^auth/],
  [{ editors: 'x' }, /editors/],
  [{ cert_file: 'a.pem' }, /^cert_file: /],
])('%j is a fault', (more, message) => expect(faults(more)).toEqual([expect.stringMatching(message)]))

test('paths are against the folder of the configuration', () => {
  const options = zitadel.options.parse({ ...given, auth: { key_file: 'key.json' }, ca_file: 'ca.pem' })
  expect(zitadel.settle(options, '/etc/relay')).toMatchObject({
    auth: { keyFile: '/etc/relay/key.json' },
    connection: { caFile: '/etc/relay/ca.pem' },
  })
})
