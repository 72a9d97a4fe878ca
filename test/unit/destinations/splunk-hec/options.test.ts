// What a configuration of a collector may say, and what it is told when it may not.
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { splunkHec } from '../../../../src/destinations/splunk-hec/index.ts'

const token = '12345678-90ab-cdef-1234-567890abcdef'
const given = { url: 'https://splunk.example:8088', token }

function faults(change: object): string {
  const result = splunkHec.options.safeParse({ ...given, ...change })
  return result.success
    ? ''
    : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n')
}

describe('options', () => {
  it('have defaults for everything but the address and the token', () => {
    expect(splunkHec.options.parse(given)).toMatchObject({
      url: 'https://splunk.example:8088',
      sourcetype: 'audit-relay',
      ack: false,
      ackTimeoutMs: 300_000,
      gzip: true,
      maxEvents: 1_000,
      maxBytes: 1_048_576,
      fields: {},
    })
  })

  it.each([
    ['https://splunk.example:8088/', 'https://splunk.example:8088'],
    ['https://proxy.example/splunk//', 'https://proxy.example/splunk'],
  ])('the address %s becomes %s', (url, expected) => {
    expect(splunkHec.options.parse({ ...given, url }).url).toBe(expected)
  })

  it.each([
    [{ url: 'https://splunk.example:8088/services/collector/event' }, 'url: leave out /services/collector'],
    [{ url: 'https://splunk.example:8088/services/collector' }, 'the relay adds the path'],
    [{ url: 'https://splunk.example:8088?token=abc' }, 'url: no part after ?'],
    [{ url: 'https://x:y@splunk.example:8088' }, 'url: no user and no password'],
    [{ token: `Splunk ${token}` }, 'token: the token alone'],
    [{ token: `${token}\n` }, 'token: expected a token such as'],
    [{ token: 'short' }, 'token: expected a token such as'],
    [{ index: 'Main' }, 'index: expected the name of an index'],
    [{ fields: { event_id: 'x' } }, 'fields.event_id: event_id is set by the relay'],
    [{ fields: { index: 'x' } }, 'fields.index: index is set by the relay'],
    [{ fields: { _hidden: 'x' } }, 'fields._hidden: a field has a name of letters'],
    [{ fields: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`f${index}`, 'x'])) }, 'at most 32 fields'],
    [{ fields: { team: { name: 'x' } } }, 'fields.team: '],
    [{ ack_timeout: '10s' }, 'ack_timeout: expected 30s or more'],
    [{ ack_timeout: '20m' }, 'ack_timeout: expected 14m or less'],
    [{ cert_file: 'x.pem' }, 'cert_file needs key_file'],
    [{ acks: true }, 'acks'],
  ])('%j is refused: %s', (change, expected) => {
    expect(faults(change)).toContain(expected)
  })

  it('never repeat the token in a complaint', () => {
    const secret = '0ther-s3cret-token'
    for (const bad of [`Splunk ${secret}`, `${secret} x`, `${secret}\r\nx: y`]) {
      const result = splunkHec.options.safeParse({ ...given, token: bad })
      expect(result.success).toBe(false)
      expect(inspect(result.error, { depth: 9 })).not.toContain(secret)
    }
  })

  it('the limits leave room for what the envelope adds', () => {
    const limits = (change: object) => splunkHec.limits(splunkHec.options.parse({ ...given, ...change }))
    expect(limits({ batch: 10, max_bytes: '64KiB' })).toMatchObject({ maxEvents: 10, maxBytes: 65_536 })
    expect(limits({ fields: { team: 'x'.repeat(200) } }).overheadBytes).toBeGreaterThanOrEqual(
      limits({}).overheadBytes + 200,
    )
  })
})
