import { describe, expect, it } from 'vitest'
import { type AuthKind, authSchema, settleAuth } from '../../../src/sources/auth.ts'

const client = { client_id: 'me', client_secret: 's3cret', token_url: 'https://login.example/token' }
const own: AuthKind = { types: ['bearer', 'client_credentials', 'zitadel_key'], knowsTokenUrl: true }

describe('auth', () => {
  it.each<[string, object, object]>([
    ['none', { type: 'none' }, { type: 'none' }],
    ['a token', { token: 'abc' }, { type: 'headers', headers: { authorization: 'Bearer abc' }, secrets: ['abc'] }],
    [
      'a token with its type',
      { type: 'bearer', token: 'abc' },
      { type: 'headers', headers: { authorization: 'Bearer abc' } },
    ],
    [
      'a user',
      { username: 'Ärger', password: 'pa:ss' },
      { type: 'headers', headers: { authorization: `Basic ${Buffer.from('Ärger:pa:ss').toString('base64')}` } },
    ],
    [
      'headers',
      { headers: { Authorization: 'SSWS abc', 'X-Org': '1' } },
      { type: 'headers', headers: { authorization: 'SSWS abc', 'x-org': '1' }, secrets: ['abc', '1'] },
    ],
    [
      'a client',
      client,
      { type: 'client_credentials', clientId: 'me', clientSecret: 's3cret', clientAuth: 'post', scope: '', extra: {} },
    ],
    [
      'a client with all',
      {
        ...client,
        type: 'client_credentials',
        client_auth: 'basic',
        scopes: ['a', 'b'],
        audience: 'x',
        extra: { entity: 7 },
      },
      { clientAuth: 'basic', scope: 'a b', extra: { audience: 'x', entity: '7' }, tokenUrl: client.token_url },
    ],
    [
      'a signed statement',
      { type: 'jwt_bearer', token_url: client.token_url, issuer: 'me', audience: 'you', key_file: 'k.pem' },
      { type: 'jwt_bearer', keyFile: 'k.pem', issuer: 'me', audience: 'you', scope: '' },
    ],
    [
      'Google',
      { type: 'google_service_account', key_file: 'k.json', subject: 'a@b.example', scopes: ['r'] },
      { type: 'google_service_account', scope: 'r', subject: 'a@b.example' },
    ],
    ['Google without its type', { key_file: 'k.json', scopes: ['r'] }, { type: 'google_service_account' }],
  ])('%s', (_, given, expected) => expect(authSchema().parse(given)).toMatchObject(expected))

  it.each<[string, object, object]>([
    ['a key file', { key_file: 'k.json' }, { type: 'zitadel_key', keyFile: 'k.json', tokenUrl: undefined }],
    [
      'a client without a token_url',
      { client_id: 'me', client_secret: 's' },
      { type: 'client_credentials', tokenUrl: undefined },
    ],
  ])('a kind that knows where tokens are had: %s', (_, given, expected) =>
    expect(authSchema(own).parse(given)).toMatchObject(expected),
  )

  it.each<[string, object, AuthKind, string, RegExp]>([
    ['nothing', {}, {}, '', /expected a type: none, bearer, .*google_service_account$/],
    ['another type', { type: 'oauth' }, {}, 'type', /expected one of|Invalid option/],
    [
      'a type that this kind has not',
      { type: 'basic', username: 'a', password: 'b' },
      own,
      'type',
      /expected one of bearer, client_credentials, zitadel_key/,
    ],
    ['a member that is not known', { tokn: 'abc' }, {}, '', /tokn/],
    ['a user without a password', { username: 'a' }, {}, 'password', /expected the password/],
    ['a user with a colon', { username: 'a:b', password: 'c' }, {}, 'username', /":"/],
    [
      'a client without its secret',
      { client_id: 'a', token_url: client.token_url },
      {},
      'client_secret',
      /expected the secret/,
    ],
    ['a client without an address', { client_id: 'a', client_secret: 'b' }, {}, 'token_url', /authorization server/],
    ['two ways at once', { token: 'abc', ...client }, {}, 'token_url', /no meaning with type bearer/],
    ['scope twice', { ...client, scope: 'a', scopes: ['b'] }, {}, 'scopes', /not together/],
    [
      'no key',
      { type: 'jwt_bearer', token_url: client.token_url, issuer: 'a', audience: 'b' },
      {},
      'key_file',
      /key_file, or private_key/,
    ],
    [
      'two keys',
      { type: 'jwt_bearer', token_url: client.token_url, issuer: 'a', audience: 'b', key_file: 'k', private_key: 'p' },
      {},
      'private_key',
      /not together/,
    ],
    [
      'no issuer',
      { type: 'jwt_bearer', token_url: client.token_url, audience: 'b', key_file: 'k' },
      {},
      'issuer',
      /expected issuer/,
    ],
    [
      'Google without scopes',
      { type: 'google_service_account', key_file: 'k' },
      {},
      'scopes',
      /expected what the token is asked for/,
    ],
    [
      'a header that cannot be given',
      { headers: { 'Content-Length': '1' } },
      {},
      'headers.Content-Length',
      /not a header/,
    ],
    [
      'a header without a value that can be sent',
      { headers: { 'X-Key': 's3cret\r\nx: y' } },
      {},
      'headers.X-Key',
      /line break/,
    ],
    ['no header', { headers: {} }, {}, 'headers', /expected a header/],
    ['a token with a line break', { token: 's3cret\n' }, {}, 'token', /line break/],
    ['an address that is none', { ...client, token_url: 'login.example' }, {}, 'token_url', /absolute address/],
  ])('a fault: %s', (_, given, kind, path, words) => {
    const { error } = authSchema(kind).safeParse(given)
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
    expect(error?.issues[0]?.message).toMatch(words)
    expect(JSON.stringify(error?.issues)).not.toContain('s3cret')
  })

  it('key files stand against the folder of the configuration', () => {
    const options = authSchema(own).parse({ key_file: 'keys/k.json' })
    expect(settleAuth(options, '/etc/relay')).toMatchObject({ keyFile: '/etc/relay/keys/k.json' })
    expect(settleAuth(authSchema().parse({ key_file: '/k.json', scopes: ['r'] }), '/etc/relay')).toMatchObject({
      keyFile: '/k.json',
    })
    const token = authSchema().parse({ token: 'abc' })
    expect(settleAuth(token, '/etc/relay')).toBe(token)
  })
})
