// What a configuration may say of a destination with a bulk API, and what becomes of it.
import { describe, expect, it } from 'vitest'
import { indexName } from '../../../../src/destinations/bulk-index.ts'
import { bulkOverhead, encodeBulk } from '../../../../src/destinations/bulk-encode.ts'
import { elastic } from '../../../../src/destinations/elastic/index.ts'
import { opensearch } from '../../../../src/destinations/opensearch/index.ts'
import { batchNamed, batchOf } from '../../../fakes/batches.ts'

const usual = { url: 'https://siem.example:9200', index: 'logs-audit-default' }
const aws = { region: 'eu-central-1', access_key_id: 'AKIDEXAMPLE', secret_access_key: 'some-secret-key' }

function faults(kind: typeof elastic, options: object): string[] {
  const issues = kind.options.safeParse({ ...usual, ...options }).error?.issues ?? []
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('names', () => {
  it.each([
    ['logs-audit-default', 'logs-audit-default'],
    ['audit-%Y.%m.%d', 'audit-2026.05.07'],
    ['audit-{yyyy.MM.dd}', 'audit-2026.05.07'],
    ['audit-{yyyy}.{MM}', 'audit-2026.05'],
    ['%Y-audit', '2026-audit'],
    ['.hidden', '.hidden'],
  ])('%s', (text, name) => {
    const read = indexName(text)
    if (typeof read === 'string') throw new Error(read)
    expect(read.of(Date.UTC(2026, 4, 7, 23, 59, 59, 999.9))).toBe(name)
    expect(read.bytes).toBe(name.length)
    expect(read.dated).toBe(text !== name)
  })

  it('the date is that of UTC, and changes with the event', () => {
    const read = indexName('a-%Y%m%d')
    if (typeof read === 'string') throw new Error(read)
    const times = [
      Date.UTC(2026, 11, 31, 23, 59, 59, 999),
      Date.UTC(2027, 0, 1),
      -1,
      0,
      Date.parse('0001-02-03T00:00:00Z'),
    ]
    expect(times.map((time) => read.of(time))).toEqual([
      'a-20261231',
      'a-20270101',
      'a-19691231',
      'a-19700101',
      'a-00010203',
    ])
  })

  it.each(
    [
      '',
      '.',
      '..',
      'Audit',
      'a b',
      'a/b',
      'a\\b',
      'a*',
      'a?',
      'a"',
      '<a-{now/d}>',
      'a|b',
      'a,b',
      'a#b',
      'a:b',
      '-a',
      '_a',
      '+a',
      'é',
    ]
      .concat([
        '.ds-logs-2026',
        'a'.repeat(256),
        'a-%H',
        'a-%',
        'a-%j',
        'a-{event_type}',
        'a-{yyyy',
        'a-%{+yyyy}',
        'a-{MMM}',
        '{}',
        'a\n',
      ])
      .map((text) => [text]),
  )('%j is refused', (text) => {
    expect(typeof indexName(text)).toBe('string')
  })
})

describe('options', () => {
  it.each<[object, RegExp]>([
    [{ url: 'https://siem.example/_bulk' }, /^url: .*without \/_bulk/],
    [{ url: 'https://siem.example/a/_bulk/' }, /^url: .*without \/_bulk/],
    [{ url: 'https://me:pw@siem.example' }, /^url: write the user and password/],
    [{ url: 'https://siem.example?x=1' }, /^url: expected the address without/],
    [{ index: 'Logs' }, /^index: .*lower case/],
    [{ index: 'audit-%Y', data_stream: true }, /^index: a data stream has one name/],
    [{ username: 'relay' }, /^username: username needs password/],
    [{ password: 'secret' }, /^password: password needs username/],
    [{ username: 're:lay', password: 'secret' }, /^username: .*colon/],
    [{ cert_file: 'c.pem' }, /^cert_file: cert_file needs key_file/],
    [{ batch: 0 }, /^batch: /],
    [{ max_bytes: '1GiB' }, /^max_bytes: /],
  ])('%j is refused by both', (options, message) => {
    for (const kind of [elastic, opensearch]) {
      expect(faults(kind, options)).toEqual([expect.stringMatching(message)])
      expect(faults(kind, options).join()).not.toContain('pw')
    }
  })

  it('one way to show who we are', () => {
    const basic = { username: 'relay', password: 'secret' }
    expect(faults(elastic, { ...basic, api_key: 'abcdefgh' })).toEqual([
      expect.stringMatching(/^api_key: give either api_key or/),
    ])
    expect(faults(opensearch, { ...basic, aws })).toEqual([expect.stringMatching(/^aws: give either aws or/)])
    expect(faults(elastic, { api_key: 'abcd efgh' })).toHaveLength(1)
    expect(faults(elastic, { aws })).toHaveLength(1)
    expect(faults(opensearch, { api_key: 'abcdefgh' })).toHaveLength(1)
  })

  it('the address of a service of AWS and the service that is signed for belong together', () => {
    const domain = 'https://search-x-abc.eu-central-1.es.amazonaws.com'
    const serverless = 'https://abc.eu-central-1.aoss.amazonaws.com'
    expect(faults(opensearch, { url: domain, aws })).toEqual([])
    expect(faults(opensearch, { url: serverless, aws: { ...aws, service: 'aoss' } })).toEqual([])
    expect(faults(opensearch, { url: serverless, aws })).toEqual(['aws.service: this address is of the service aoss'])
  })

  it.each<[object, string]>([
    [{}, 'https://siem.example:9200/logs-audit-default/_bulk?filter_path=F&require_data_stream=true'],
    [{ require_data_stream: false }, 'https://siem.example:9200/logs-audit-default/_bulk?filter_path=F'],
    [{ data_stream: false }, 'https://siem.example:9200/logs-audit-default/_bulk?filter_path=F'],
    [{ url: 'https://siem.example/es/', index: 'a-%Y' }, 'https://siem.example/es/_bulk?filter_path=F'],
    [
      { pipeline: 'geo & ip', data_stream: false },
      'https://siem.example:9200/logs-audit-default/_bulk?filter_path=F&pipeline=geo%20%26%20ip',
    ],
  ])('%j: the address', (options, address) => {
    const { url } = elastic.options.parse({ ...usual, ...options })
    const paths =
      'errors%2Citems.%2A.status%2Citems.%2A.failure_store%2Citems.%2A.error.type%2Citems.%2A.error.reason%2Citems.%2A.error.caused_by.reason'
    expect(url.replace(paths, 'F')).toBe(address)
  })

  it('row 51: what is added to an event is never more than stated', async () => {
    const name = `${'a'.repeat(244)}-%Y.%m.%d`
    const source = 's'.repeat(64)
    for (const change of [{}, { index: name }, { ids: false }, { index: name, ids: false }]) {
      const options = elastic.options.parse({ ...usual, ...change })
      for (const complete of [true, false]) {
        const batch = { ...batchOf(['{"event_id":"1"}', '{"event_id":"2"}'], () => ({ source })), complete }
        const own = batch.events.reduce((sum, { start, end }) => sum + end - start, 0)
        const stream = complete
          ? 0
          : batch.events.length *
            ',"stream":{"destination_id":"archive","attempt":1,"first_attempted_at":"2026-05-17T08:00:00.000Z"}'.length
        const { body } = await encodeBulk(batch, options, 0)
        expect((body?.length ?? 0) - own - stream).toBeLessThanOrEqual(2 * bulkOverhead(options))
      }
    }
  })

  it('requests to AWS are signed anew each time, with the port in the host', async () => {
    const options = opensearch.options.parse({ ...usual, aws: { ...aws, service: 'aoss' }, gzip: true })
    const one = await encodeBulk(batchNamed('a', 1), options, 0)
    const two = await encodeBulk(batchNamed('a', 1), options, 1000)
    expect(one.headers['authorization']).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//)
    expect(one.headers['x-amz-content-sha256']).toMatch(/^[0-9a-f]{64}$/)
    expect(one.headers['authorization']).not.toBe(two.headers['authorization'])
    expect(one.url).not.toContain('require_data_stream')
  })

  it('every form of a key is a secret', () => {
    expect(elastic.options.parse({ ...usual, username: 'relay', password: 'some-password' }).secrets).toContain(
      'some-password',
    )
    const encoded = Buffer.from('some-id:some-key-value').toString('base64')
    for (const key of [encoded, 'some-id:some-key-value'])
      expect(elastic.options.parse({ ...usual, api_key: key }).secrets).toEqual(
        expect.arrayContaining([encoded, 'some-key-value']),
      )
    expect(opensearch.options.parse({ ...usual, aws: { ...aws, session_token: 'session-token' } }).secrets).toEqual(
      expect.arrayContaining(['some-secret-key', 'session-token']),
    )
  })
})
