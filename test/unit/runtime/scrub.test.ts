import { describe, expect, it } from 'vitest'
import { excerpt, printable, scrub, scrubReply, secretForms } from '../../../src/runtime/scrub.ts'
import type { HttpReply } from '../../../src/runtime/http.ts'

const secret = 'pä"ss/wörd+1'
const forms = secretForms([secret, 'abc', ''])

function reply(body: string | Uint8Array, headers: Record<string, string> = {}): HttpReply {
  return { status: 400, headers, body: Buffer.from(body), truncated: false }
}

describe('scrub', () => {
  it.each([
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
  ])('finds %s', (echoed) => {
    expect(scrub(`before ${echoed} after ${echoed}`, forms)).toBe('before [secret] after [secret]')
    const clean = scrubReply(reply(`ü ${echoed} ü`, { location: `https://a.example/${echoed}` }), forms)
    expect(Buffer.from(clean.body).toString()).toBe('ü [secret] ü')
    expect(clean.headers['location']).not.toContain(echoed)
  })

  it('takes the longest form first, and leaves texts too short to be secrets alone', () => {
    expect(scrub('token-and-more token', secretForms(['token', 'token-and-more']))).toBe('[secret] [secret]')
    expect(scrub('abc', forms)).toBe('abc')
  })

  it('gives the same object back when there is nothing to hide', () => {
    const clean = reply('fine')
    expect(scrubReply(clean, forms)).toBe(clean)
  })

  it('survives a secret that is not well-formed text', () => {
    expect(scrub('x', secretForms(['\ud800broken']))).toBe('x')
  })
})

describe('excerpt', () => {
  it('holds no token that an authorization server gave', () => {
    const given = '{"access_token":"c4nary","refresh_token" : "c4nary","id_token":"c4nary'
    const hidden = '{"access_token":"[secret]","refresh_token" : "[secret]","id_token":"[secret]'
    expect(excerpt(reply(given))).toBe(hidden)
  })

  it('is one printable line', () => {
    expect(excerpt(reply('  {"error":\n\t"no"}\r\n'))).toBe('{"error": "no"}')
    expect(excerpt(reply('\u001b[2J\u0007\u202ehidden\u0000'))).toBe('\\u{1b}[2J\\u{7}\\u{202e}hidden\\u{0}')
    expect(excerpt(reply(''))).toBe('')
  })

  it('of a page is its title', () => {
    expect(
      excerpt(reply(`<!doctype html><html><head><title lang="en">\n502 Bad\n Gateway</title>${'x'.repeat(9000)}`)),
    ).toBe('(page) 502 Bad Gateway')
  })

  it('of compressed bytes says so instead of showing them', () => {
    expect(excerpt(reply(Uint8Array.of(31, 139, 8, 0), { 'content-encoding': 'gzip' }))).toBe('(4 bytes, gzip)')
  })

  it('is bounded, and reads invalid UTF-8', () => {
    expect(excerpt(reply('y'.repeat(50_000)))).toHaveLength(300)
    expect(excerpt(reply(Uint8Array.of(0xff, 0x61)))).toBe('\ufffda')
  })
})

describe('printable', () => {
  it('makes half a surrogate pair whole', () => {
    expect(printable('a\ud800b')).toBe('a\ufffdb')
  })
})
