// What a configuration may say of Sentinel, and what it is told when it may not.
import { describe, expect, it } from 'vitest'
import { sentinelOptions } from '../../../../src/destinations/sentinel/options.ts'

const rule = `dcr-${'0123456789abcdef'.repeat(2)}`
const client = { tenant_id: 'acme.onmicrosoft.com', client_id: '6666-7777', client_secret: 'the-s3cret-value' }
const given = {
  url: 'https://dcr-1.westeurope-1.ingest.monitor.azure.com',
  rule,
  stream: 'Custom-AuditRelay_CL',
  auth: client,
}

/** `path: message` of each fault. */
function faults(change: object): string[] {
  const result = sentinelOptions.safeParse({ ...given, ...change })
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

it('the least that is needed', () => {
  const options = sentinelOptions.parse(given)
  expect(options).toMatchObject({
    url: `https://dcr-1.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/${rule}/streams/Custom-AuditRelay_CL?api-version=2023-01-01`,
    auth: {
      kind: 'client',
      tokenUrl: 'https://login.microsoftonline.com/acme.onmicrosoft.com/oauth2/v2.0/token',
      clientId: '6666-7777',
      scope: 'https://monitor.azure.com/.default',
    },
    gzip: true,
    oldEvents: 'send',
    longValues: 'dead_letter',
    maxEvents: 1000,
    maxBytes: 1_000_000,
    secrets: ['the-s3cret-value'],
  })
})

it('a national cloud, an endpoint behind a path, a proxy', () => {
  const auth = { ...client, authority: 'https://login.microsoftonline.us/', scope: 'https://monitor.azure.us/.default' }
  const options = sentinelOptions.parse({
    ...given,
    url: 'https://gate.example/azure/',
    auth,
    proxy: 'http://u:passw0rd@proxy:3128',
  })
  expect(options.url).toContain('https://gate.example/azure/dataCollectionRules/')
  expect(options.auth).toMatchObject({
    tokenUrl: 'https://login.microsoftonline.us/acme.onmicrosoft.com/oauth2/v2.0/token',
    scope: 'https://monitor.azure.us/.default',
  })
  expect(options.secrets).toContain('passw0rd')
})

it('the identity of the machine', () => {
  const auth = (more: object): unknown =>
    sentinelOptions.parse({ ...given, auth: { managed_identity: true, ...more } }).auth
  expect(auth({})).toEqual({
    kind: 'machine',
    endpoint: 'http://169.254.169.254/metadata/identity/oauth2/token',
    resource: 'https://monitor.azure.com',
  })
  const service = { endpoint: 'http://127.0.0.1:41741/msi/token', identity_header: '853b9a84-5bfa', client_id: '6666' }
  expect(auth(service)).toMatchObject({ endpoint: service.endpoint, identityHeader: '853b9a84-5bfa', clientId: '6666' })
})

describe('faults', () => {
  it.each<[string, object, RegExp]>([
    [
      'the whole address',
      { url: `${given.url}/dataCollectionRules/x/streams/y` },
      /^url: leave out \/dataCollectionRules/,
    ],
    ['a query', { url: `${given.url}?api-version=1` }, /^url: no part after \?/],
    ['a user', { url: 'https://a:b@x.example' }, /^url: no user/],
    ['the name of a rule', { rule: 'my-rule' }, /^rule: expected the immutable id/],
    ['the resource id of a rule', { rule: '/subscriptions/1/resourceGroups/2' }, /^rule: expected the immutable id/],
    ['a way out of the path', { rule: 'dcr-1/../../x' }, /^rule: /],
    ['a table for a stream', { stream: 'AuditRelay_CL' }, /^stream: expected the name of a stream/],
    ['a stream with a slash', { stream: 'Custom-a/b' }, /^stream: /],
    ['a body beyond the limit', { max_bytes: '1MiB' }, /^max_bytes: /],
    [
      'nobody',
      { auth: {} },
      /^auth\.tenant_id: expected the directory \(tenant\) id .* \(or set managed_identity: true/,
    ],
    ['a tenant with a slash', { auth: { ...client, tenant_id: 'a/b' } }, /^auth\.tenant_id: /],
    [
      'a client and a machine',
      { auth: { ...client, managed_identity: true } },
      /^auth\.tenant_id: not together with managed_identity/,
    ],
    [
      'an endpoint for a client',
      { auth: { ...client, endpoint: 'http://x.example' } },
      /^auth\.endpoint: only together/,
    ],
    [
      'a header for no endpoint',
      { auth: { managed_identity: true, identity_header: '12345678' } },
      /^auth\.identity_header: /,
    ],
    ['a certificate without its key', { cert_file: 'a.pem' }, /^cert_file: /],
  ])('%s', (_name, change, expected) => {
    expect(faults(change)[0]).toMatch(expected)
  })

  it('never show a secret', () => {
    const auth = { ...client, client_secret: 'c4nary\n', identity_header: 'c4nary\n' }
    expect(JSON.stringify(faults({ auth, nonsense: 'c4nary' }))).not.toContain('c4nary')
  })
})
