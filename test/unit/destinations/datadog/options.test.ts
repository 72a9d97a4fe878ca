// What a configuration of Datadog may say, and what it is told when it may not.
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { datadog } from '../../../../src/destinations/datadog/index.ts'
import { SITES } from '../../../../src/destinations/datadog/sites.ts'

const api_key = '0123456789abcdef0123456789abcdef'
const given = { site: 'datadoghq.eu', api_key }

const parsed = (change: object) => datadog.options.parse({ ...given, ...change })

function faults(change: object): string {
  const result = datadog.options.safeParse({ ...given, ...change })
  return result.success
    ? ''
    : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n')
}

/** What stands at the beginning of each entry. */
const headOf = (change: object): unknown => JSON.parse(`${parsed(change).head}}`)

describe('options', () => {
  it('have defaults for everything but the site and the key', () => {
    expect(parsed({})).toMatchObject({
      url: 'https://http-intake.logs.datadoghq.eu/api/v2/logs',
      headers: { 'dd-api-key': api_key, 'content-type': 'application/json', 'content-encoding': 'gzip' },
      attribute: 'audit',
      oldEvents: 'send',
      maxEvents: 1_000,
      maxBytes: 5_000_000,
    })
    expect(headOf({})).toEqual({ ddsource: 'audit-relay', service: 'audit-relay' })
    expect(parsed({ gzip: false }).headers).not.toHaveProperty('content-encoding')
  })

  it.each([...SITES, 'us7.datadoghq.com', 'eu2.datadoghq.eu', 'us3.ddog-gov.com'])('the site %s', (site) => {
    expect(parsed({ site }).url).toBe(`https://http-intake.logs.${site}/api/v2/logs`)
  })

  it.each([
    ['EU1', 'datadoghq.eu'],
    ['us5', 'us5.datadoghq.com'],
    ['https://app.datadoghq.com/logs', 'datadoghq.com'],
    ['app.us3.datadoghq.com', 'us3.datadoghq.com'],
    ['http-intake.logs.ap1.datadoghq.com', 'ap1.datadoghq.com'],
    ['datadoghq.de', 'datadoghq.eu'],
    ['datadog.com', 'datadoghq.com'],
    ['DATADOGHQ.EU', 'datadoghq.eu'],
  ])('the site %s is refused, and %s offered', (site, meant) => {
    expect(faults({ site })).toContain(`site: did you mean ${meant}?`)
  })

  it.each(['logs.acme.example', '', 'constructor', 'us7.datadoghq.com.evil.example', 'xn--us5.datadoghq.co'])(
    'a site that is none (%j) is refused with the list, and url named',
    (site) => {
      expect(faults({ site })).toMatch(/site: .*expected a site of Datadog \(datadoghq\.com, .*\); another address/)
    },
  )

  it.each([
    ['https://http-intake.logs.datadoghq.eu/', 'https://http-intake.logs.datadoghq.eu/api/v2/logs'],
    ['https://proxy.example/datadog//', 'https://proxy.example/datadog/api/v2/logs'],
  ])('the address %s becomes %s', (url, expected) => {
    expect(datadog.options.parse({ api_key, url }).url).toBe(expected)
  })

  it.each([
    [{ env: 'prod', team: 'blue' }, 'env:prod,team:blue'],
    [['env:prod', 'audit'], 'env:prod,audit'],
    [{ version: '5.10' }, 'version:5.10'],
    [[], undefined],
  ])('the tags %j become %j', (tags, ddtags) => {
    expect(headOf({ tags })).toEqual({ ddsource: 'audit-relay', ...(ddtags && { ddtags }), service: 'audit-relay' })
  })

  it.each([
    [{ url: 'https://intake.example' }, 'url: site or url, not both'],
    [{ site: undefined, url: 'https://intake.example/api/v2/logs' }, 'url: leave out /api/v2/logs'],
    [{ site: undefined, url: 'https://intake.example/v1/input' }, 'url: leave out /api/v2/logs'],
    [{ site: undefined, url: 'https://intake.example?ddtags=a' }, 'url: no part after ?'],
    [{ site: undefined, url: 'https://x:y@intake.example' }, 'url: no user and no password'],
    [{ api_key: 'short' }, 'api_key: expected an API key'],
    [{ api_key: `${api_key}\n` }, 'api_key: expected an API key'],
    [{ tags: ['a,b'] }, 'tags: tag 1: begins with a letter, and has no blank and no comma'],
    [{ tags: ['env:prod', ' x'] }, 'tags: tag 2: '],
    [{ tags: ['1:x'] }, 'tags: tag 1: '],
    [{ tags: { env: 'a'.repeat(260) } }, 'tags: tag 1: at most 256 characters'],
    [{ tags: Array.from({ length: 101 }, (_, index) => `t:${index}`) }, 'tags: at most 100 tags'],
    [{ tags: 'env:prod' }, 'tags: expected a list such as'],
    [{ tags: { version: 5.1 } }, 'tags: expected a list such as'],
    [{ service: '' }, 'service: expected letters'],
    [{ source: 'a\nb' }, 'source: expected letters'],
    [{ attribute: 'date' }, 'attribute: date has a meaning of its own in Datadog'],
    [{ attribute: '@audit' }, 'attribute: expected a name'],
    [{ attribute: 'a.b' }, 'attribute: expected a name'],
    [{ attribute: 'x'.repeat(50) }, 'attribute: expected a name'],
    [{ old_events: 'drop' }, 'old_events'],
    [{ batch: 1_001 }, 'batch'],
    [{ max_bytes: '5MiB' }, 'max_bytes: expected 5000000B or less'],
    [{ cert_file: 'x.pem' }, 'cert_file needs key_file'],
    [{ compression: 'gzip' }, 'compression'],
  ])('%j is refused: %s', (change, expected) => {
    expect(faults(change)).toContain(expected)
  })

  it('want an address', () => {
    expect(inspect(datadog.options.safeParse({ api_key }).error?.issues)).toContain('site is missing, such as')
  })

  it('never repeat the key in a complaint', () => {
    const secret = '0ther-s3cret-key'
    for (const bad of [`${secret} x`, `${secret}\r\nx: y`]) {
      const result = datadog.options.safeParse({ ...given, api_key: bad })
      expect(result.success).toBe(false)
      expect(inspect(result.error, { depth: 9 })).not.toContain(secret)
    }
  })
})
