import { describe, expect, test } from 'vitest'
import { definitionOf } from '../../../src/config/definition.ts'
import { namesSecret, withoutAddressSecrets } from '../../../src/config/secret-names.ts'

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
])('%s is a secret', (key) => {
  expect(namesSecret(key)).toBe(true)
})
test.each(['url', 'path', 'key_file', 'token_url', 'client_id', 'batch', 'index', 'type', 'monkey', 'pattern'])(
  '%s is none',
  (key) => {
    expect(namesSecret(key)).toBe(false)
  },
)

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
