import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DESTINATION_KINDS } from '../../../src/destinations/index.ts'
import { faultsOf, kinds } from '../config/kinds.ts'
import { webhookOptions, type WebhookOptions } from '../../../src/destinations/webhook/options.ts'

const url = 'https://receiver.example/hook'

function faults(options: unknown): string[] {
  const result = webhookOptions.safeParse(options)
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

function webhook(options: object): WebhookOptions {
  return webhookOptions.parse({ url, ...options })
}

describe('the options of every kind', () => {
  it.each(DESTINATION_KINDS.map((kind) => [kind.type, kind] as const))(
    '%s: become a JSON Schema, and refuse unknown keys',
    (_type, kind) => {
      expect(z.toJSONSchema(kind.options, { io: 'input' })).toMatchObject({
        type: 'object',
        additionalProperties: false,
      })
      expect(kind.options.safeParse({ url, path: '.', nonsense: 1 }).success).toBe(false)
    },
  )
})

it('a password with a bare % is a fault of the file, not of the program, and is not shown', () => {
  const text = `
sources:
  app: { type: spool, path: ./outbox }
destinations:
  siem:
    type: webhook
    url: ${url}
    proxy: http://relay:50%off@proxy:3128
`
  const real = { sources: kinds.sources, destinations: DESTINATION_KINDS }
  const found = JSON.stringify(faultsOf(text, { kinds: real }))
  expect(found).toContain('write % as %25')
  expect(found).not.toContain('50%off')
  expect(faultsOf(text.replace('50%off', '50%25off'), { kinds: real })).toEqual([])
})

describe('webhook options', () => {
  it('have defaults', () => {
    expect(webhook({})).toMatchObject({
      url,
      batch: null,
      gzip: false,
      keys: [],
      signature: 'standard',
      maxBytes: 16_777_216,
    })
    expect(webhook({ batch: 50 })).toMatchObject({ batch: 50, maxBytes: 1_048_576 })
    expect(webhook({ batch: 50, max_bytes: '64KiB' }).maxBytes).toBe(65_536)
  })

  it.each([
    [{ url: 'receiver.example' }, 'url: expected an absolute address such as https://receiver.example/hook'],
    [{ url: 'ftp://receiver.example' }, 'url: expected an address that begins with https:// or http://'],
    [
      { url: 'https://relay:50%off@receiver.example/' },
      'url: the user or the password holds a % that begins no code of a character: write % as %25',
    ],
    [
      { url, proxy: 'http://relay:50%off@proxy:3128' },
      'proxy: the user or the password holds a % that begins no code of a character: write % as %25',
    ],
    [
      { url, proxy: 'http://caf%e9@proxy:3128' },
      'proxy: the user or the password holds a % that begins no code of a character: write % as %25',
    ],
    [{ url: `${url}#part` }, 'url: an address for requests has no part after #'],
    [{ url, secret: 'short' }, 'secret: a secret has at least 8 characters'],
    [{ url, secret: 'whsec_***not base64***' }, 'secret: what follows whsec_ must be base64'],
    [
      { url, secret: 'whsec_c2hvcnQ=' },
      'secret: what follows whsec_ must be base64 of 16 to 128 bytes (24 to 64 are usual)',
    ],
    [{ url, secret: ['secret-one', 'short'] }, 'secret.1: a secret has at least 8 characters'],
    [{ url, secret: 5 }, 'secret: expected a secret, or a list of up to 5'],
    [{ url, signature: 'github' }, 'signature: expected standard, or { header: …, prefix: … }'],
    [{ url, max_bytes: '1mb' }, 'max_bytes: expected a size such as 64MiB; write 1MiB'],
    [{ url, signature: 'standard' }, 'signature: a signature needs a secret'],
    [
      { url, secret: ['secret-one', 'secret-two'], signature: { header: 'X-S' } },
      'secret: a signature in one header takes one secret; several need signature: standard',
    ],
    [{ url, secret: 'secret-one', signature: { header: 'Webhook-Id' } }, 'signature.header: this header is taken'],
    [
      { url, secret: 'secret-one', signature: { header: 'X-S' }, headers: { 'x-s': 'a' } },
      'signature.header: this header is taken',
    ],
    [
      { url, headers: { 'Content-Type': 'text/plain' } },
      'headers.Content-Type: the relay sets the header content-type itself',
    ],
    [{ url, headers: { 'WEBHOOK-ID': 'x' } }, 'headers.WEBHOOK-ID: the relay sets the header webhook-id itself'],
    [{ url, headers: { 'X-A': 'a', 'x-a': 'b' } }, 'headers.x-a: the header x-a is given twice (case does not matter)'],
    [{ url, headers: { 'x a': 'a' } }, 'headers.x a: not a valid header name'],
    [{ url, batch: 0 }, 'batch: Too small: expected number to be >=1'],
  ])('%j is refused', (options, fault) => {
    expect(faults(options)).toContain(fault)
  })

  it('a line break in a header is refused without naming the value', () => {
    const [fault] = faults({ url, headers: { 'x-token': 'sesame\r\nx-b: c' } })
    expect(fault).toContain('line break')
    expect(fault).not.toContain('sesame')
  })

  it('what is secret is known: keys, headers and their tokens, user information, query values, tokens in the path', () => {
    const options = webhookOptions.parse({
      url: 'https://user:p%40ss@receiver.example/services/T0123456789ABCDEF/x?sig=query-token',
      secret: ['whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtMTI=', 'plain-secret'],
      headers: { authorization: 'Bearer abc-token' },
    })
    expect(options.url).toBe('https://receiver.example/services/T0123456789ABCDEF/x?sig=query-token')
    for (const secret of [
      'plain-secret',
      'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtMTI=',
      'abc-token',
      'p@ss',
      'query-token',
      'T0123456789ABCDEF',
    ])
      expect(options.secrets).toContain(secret)
    expect(inspect(options.keys)).not.toContain('secret-secret')
  })

  it('user information becomes basic authentication, unless the header is given', () => {
    const withUser = { url: 'https://user:p%40ss@receiver.example/' }
    expect(webhookOptions.parse(withUser).headers['authorization']).toBe(
      `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    )
    expect(
      webhookOptions.parse({ ...withUser, headers: { Authorization: 'Bearer abcdef' } }).headers['authorization'],
    ).toBe('Bearer abcdef')
  })
})
