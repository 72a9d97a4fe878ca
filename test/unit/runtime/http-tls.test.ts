// Row 57: TLS is verified, at least 1.2, and a failure is told apart from a network that is down.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TlsOptions } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttpClient } from '../../../src/runtime/http-client.ts'
import { httpErrorOf } from '../../../src/runtime/http-errors.ts'
import type { HttpError, HttpReply } from '../../../src/runtime/http.ts'
import { startReceiver } from '../../fakes/http-receiver.ts'

const path = (name: string): string => fileURLToPath(new URL(`../../fakes/tls/${name}.pem`, import.meta.url))
const pem = (name: string): string => readFileSync(path(name), 'utf8')
const certificate = (name: string): TlsOptions => ({ key: pem(`${name}-key`), cert: pem(name) })

/** The certificate of the future is its own authority. */
let authorities: string
beforeAll(() => {
  authorities = join(mkdtempSync(join(tmpdir(), 'audit-relay-authorities-')), 'all.pem')
  writeFileSync(authorities, pem('ca') + pem('future'))
})
afterAll(() => rmSync(dirname(authorities), { recursive: true }))

async function ask(server: TlsOptions, trusted: boolean): Promise<HttpReply | HttpError> {
  const receiver = await startReceiver(server)
  const client = createHttpClient({ inFlight: 1, timeoutMs: 10_000, ...(trusted ? { caFile: authorities } : {}) })
  try {
    const request = { method: 'POST', url: `${receiver.url}/`, headers: {}, body: Buffer.from('x') } as const
    return await client.request(request, new AbortController().signal).catch((error: unknown) => error as HttpError)
  } finally {
    await client.close()
    await receiver.close()
  }
}

describe('TLS', () => {
  it('a certificate of a trusted authority for this name is taken', async () => {
    expect(await ask(certificate('good'), true)).toMatchObject({ status: 200 })
  })

  it.each([
    [
      'an authority that nobody trusts',
      certificate('good'),
      false,
      /authority that this machine does not trust|signed by itself/,
    ],
    ['an expired certificate', certificate('expired'), true, /has expired/],
    ['a certificate of the future', certificate('future'), true, /not valid yet/],
    ['a certificate for another name', certificate('other'), true, /for another name/],
    [
      'TLS 1.1 at most',
      { ...certificate('good'), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const,
      true,
      /secure/,
    ],
  ])('%s is refused as `tls`', async (_name, server, trusted, words) => {
    const error = await ask(server, trusted)
    expect(error).toMatchObject({ name: 'HttpError', kind: 'tls' })
    expect((error as HttpError).message).toMatch(words)
  })

  it('verification cannot be switched off from outside', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      expect(await ask(certificate('good'), false)).toMatchObject({ kind: 'tls' })
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
  })
})

describe('codes', () => {
  const withCode = (code: string): Error => Object.assign(new Error('sesame'), { code })

  it.each([
    ['ENOTFOUND', 'name'],
    ['EAI_AGAIN', 'connect'],
    ['ECONNREFUSED', 'connect'],
    ['EHOSTUNREACH', 'connect'],
    ['ETIMEDOUT', 'timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['ECONNRESET', 'broken'],
    ['EPIPE', 'broken'],
    ['UND_ERR_SOCKET', 'broken'],
    ['HPE_INVALID_CONSTANT', 'broken'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['EPROTO', 'tls'],
    ['SOMETHING_NEW', 'broken'],
  ])('%s is `%s`', (code, kind) => {
    const error = httpErrorOf(withCode(code), 'https://a.example')
    expect(error.kind).toBe(kind)
    expect(error.message).toMatch(/^https:\/\/a\.example: /)
    expect(error.message).not.toContain('sesame')
  })

  it('row 56: when every address of a name failed, the first reason stands', () => {
    const error = httpErrorOf(
      new AggregateError([withCode('EHOSTUNREACH'), withCode('ECONNREFUSED')]),
      'https://a.example',
    )
    expect(error).toMatchObject({
      kind: 'connect',
      message: 'https://a.example: the host cannot be reached [EHOSTUNREACH]',
    })
  })
})
