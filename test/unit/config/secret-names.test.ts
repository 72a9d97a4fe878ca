import { describe, expect, test } from 'vitest'
import { definitionOf } from '../../../src/config/definition.ts'
import { namesSecret, withoutAddressSecrets, withoutPathTokens } from '../../../src/config/secret-names.ts'

test.each([
  'secret',
  'client_secret',
  'token',
  'api_key',
  'apiKey',
  'api-key',
  'x-api-key',
  'password',
  'authorization',
  'Authorization',
  'cookie',
  'key',
  'private_key',
  'pat',
  'service_account',
  'serviceAccount',
  'identity_header',
])('%s is a secret', (key) => {
  expect(namesSecret(key)).toBe(true)
})
test.each([
  'url',
  'path',
  'key_file',
  'token_url',
  'client_id',
  'batch',
  'index',
  'type',
  'monkey',
  'pattern',
  'service_account_file',
])('%s is none', (key) => {
  expect(namesSecret(key)).toBe(false)
})

test.each([
  ['https://u:p@h/x', 'https://#@h/x'],
  ['https://u@h/x', 'https://#@h/x'],
  ['u:p@h', '#@h'],
  ['https://h/x?a=1&b=2#f', 'https://h/x?##f'],
  ['https://h/x', 'https://h/x'],
  ['ann@example.com', 'ann@example.com'],
  ['./a?b', './a?b'],
])('%s without secrets is %s', (text, plain) => {
  expect(withoutAddressSecrets(text, () => '#')).toBe(plain)
})

const long = 'ZaVnC4dhaV39Tn37'
test.each([
  [`https://h/receiver/v1/${long}`, 'https://h/receiver/v1/#'],
  [`https://h/${long}/x/${long}?a=${long}`, `https://h/#/x/#?a=${long}`],
  [`https://${long}.example/short/`, `https://${long}.example/short/`],
  ['https://h/${file:/run/secrets/collector}/x', 'https://h/#/x'],
  ['https://${file:/run/secrets/host/of/it}/$x', 'https://${file:/run/secrets/host/of/it}/$x'],
  [`./${long}/${long}`, `./${long}/${long}`],
  [`https://${'${}'.repeat(2_000)}`, `https://${'${}'.repeat(2_000)}`],
])('%s without the tokens of its path is %s', (text, plain) => {
  expect(withoutPathTokens(text, () => '#')).toBe(plain)
})

describe('definitionOf', () => {
  const written = { type: 'hook', url: 'https://a.example', secret: '${S}', headers: { b: '1', a: '2' } }
  test('does not depend on the order of keys, nor on enabled and was', () => {
    const { url, ...rest } = written
    expect(definitionOf({ ...rest, was: 'x', enabled: false, url, headers: { a: '2', b: '1' } })).toBe(
      definitionOf(written),
    )
  })
  test('changes with every other key', () => {
    const all = [
      written,
      { ...written, url: 'https://b.example' },
      { ...written, headers: { a: '2' } },
      { ...written, secret: '${T}' },
      { ...written, filter: {} },
    ]
    expect(new Set(all.map(definitionOf)).size).toBe(all.length)
  })
  test('a token in the path of an address, a service account and the header of an identity are no part of it', () => {
    const one = { ...written, url: `https://h/receiver/v1/http/${long}`, auth: { service_account: '{"k":1}' } }
    const two = { ...one, url: `https://h/receiver/v1/http/${long}8`, auth: { service_account: '{"k":1}' } }
    const three = { ...one, auth: { identity_header: '853b9a84-5bfa' } }
    for (const secret of [long, '{\\"k', '853b9a84'])
      expect([one, two, three].map(definitionOf).join()).not.toContain(secret)
    expect(new Set([one, two, three].map(definitionOf)).size).toBe(3)
    const referred = 'https://h/v1/${COLLECTOR_TOKEN_OF_OURS}'
    expect(definitionOf({ ...written, url: referred })).toContain(referred)
  })
  test('shows a change of a literal secret without holding it', () => {
    const one = definitionOf({
      ...written,
      secret: 'hunter2',
      auth: { password: ['pa55'] },
      url: 'https://u:pw7@h/?t=qq9',
    })
    const two = definitionOf({
      ...written,
      secret: 'hunter3',
      auth: { password: ['pa55'] },
      url: 'https://u:pw7@h/?t=qq9',
    })
    expect(one).not.toBe(two)
    for (const secret of ['hunter2', 'pa55', 'pw7', 'qq9']) expect(one).not.toContain(secret)
    expect(definitionOf(written)).toContain('"secret":"${S}"')
  })
})
