// What an operator may write, and what is told of a slip: each fault with its place.
import { describe, expect, it } from 'vitest'
import { http } from '../../../../src/destinations/http/index.ts'
import type { HttpOptions } from '../../../../src/destinations/http/options.ts'
import { PRESETS } from '../../../../src/destinations/http/presets/index.ts'
import { PRESET_NAMES } from '../../../../src/destinations/http/presets/names.ts'

const url = 'https://receiver.example/ingest'
const parse = (options: object): HttpOptions => http.options.parse(options)

function faults(options: object): string[] {
  const { error } = http.options.safeParse(options)
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
}

const template = (event: string, more: object = {}): object => ({
  url,
  body: { form: 'template', template: { event, ...more } },
})

describe('defaults', () => {
  it('are an array of up to 500 events in 1 MiB, by POST, with any 2xx as success', () => {
    const { secrets, body, ...rest } = parse({ url })
    expect(rest).toEqual({
      method: 'POST',
      url,
      headers: { 'user-agent': 'audit-relay', 'content-type': 'application/json' },
      stream: true,
      gzip: false,
      signing: null,
      idHeader: null,
      maxEvents: 500,
      maxBytes: 1024 ** 2,
      maxEventBytes: null,
      maxAgeMs: null,
      oldEvents: 'dead_letter',
      success: {},
      rules: [],
      token: null,
      connection: {},
    })
    expect(body.plain).toBe('array')
    expect(secrets).toEqual([])
  })

  it('single is one event a request, and lines are JSON lines', () => {
    expect(parse({ url, body: { form: 'single' } })).toMatchObject({ maxEvents: 1, maxBytes: 16 * 1024 ** 2 })
    expect(parse({ url, body: { form: 'lines' } }).headers['content-type']).toBe('application/x-ndjson')
  })
})

describe('auth', () => {
  it.each([
    [{ token: 'abcdef' }, { authorization: 'Bearer abcdef' }],
    [{ token: 'abcdef', prefix: 'Api-Token ' }, { authorization: 'Api-Token abcdef' }],
    [{ token: 'abcdef', prefix: '' }, { authorization: 'abcdef' }],
    [{ token: 'abcdef', header: 'X-Key' }, { 'x-key': 'abcdef' }],
    [{ token: 'abcdef', prefix: 'key=' }, { authorization: 'key=abcdef' }],
    [{ username: 'u', password: 'p:é' }, { authorization: `Basic ${Buffer.from('u:p:é').toString('base64')}` }],
  ])('%j', (auth, headers) => {
    const options = parse({ url, auth })
    expect(options.headers).toMatchObject(headers)
    expect(options.secrets).toContain('token' in auth ? auth.token : auth.password)
  })

  it('client credentials are a token that is had from elsewhere', () => {
    const auth = { client_id: 'c', client_secret: 'cs-secret', token_url: 'https://as.example/token', scope: 'logs' }
    expect(parse({ url, auth }).secrets).toContain('cs-secret')
    expect(parse({ url, auth }).token).toEqual({
      kind: 'client',
      clientId: 'c',
      clientSecret: 'cs-secret',
      tokenUrl: 'https://as.example/token',
      scope: 'logs',
    })
  })

  it.each([
    [{ token: 'a', username: 'u' }, 'auth.username: not together with token'],
    [{ username: 'u' }, 'auth.password: expected the password of this user'],
    [{ client_id: 'c' }, 'auth.client_secret: expected the secret of this client'],
    [{ client_id: 'c', client_secret: 's' }, 'auth.token_url: expected the address of the authorization server'],
    [{ header: 'x-key' }, 'auth.token: expected the token or key of this destination'],
    [{ service_account: '{}' }, 'auth.service_account: expected the JSON key of a service account, as Google gives it'],
    [{ token: 'a', header: 'Content-Length' }, 'auth.header: the relay sets the header content-length itself'],
    [{ token: 'a\nb' }, 'auth.token: holds a line break or another character that a header cannot carry'],
  ])('%j is a fault', (auth, fault) => expect(faults({ url, auth })).toEqual([fault]))

  it('a header of the same name is no second way', () => {
    expect(faults({ url, auth: { token: 'abc' }, headers: { Authorization: 'x' } })).toEqual([
      'auth.token: headers say already what authorization is to be',
    ])
    expect(faults({ preset: 'new_relic', headers: { 'Api-Key': 'x' } })).toEqual([])
  })

  it('nothing of a secret stands in a fault', () => {
    const text = JSON.stringify({ client_email: 'a@b', private_key: 'canary-5ecret' })
    expect(faults({ url, auth: { service_account: text, token: 'canary-5ecret\n' } }).join()).not.toContain('canary')
  })
})

describe('templates', () => {
  it.each([
    ['{"a":{{evnt}}}', 'body.template.event: character 6: unknown placeholder {{evnt}}; did you mean {{event}}?'],
    ['{"a":{{event}', 'body.template.event: character 6: {{ without }}'],
    [
      '{"a":{{event_id}}}',
      'body.template.event: the event itself is not in it: write {{event}}, {{event_json_string}} or {{base64_event}}',
    ],
    [
      '{"a":"{{event_json_string}}"}',
      'body.template.event: with one event this gives no JSON: a placeholder has its own quotation marks where it is text (or set content_type to what it is)',
    ],
    ['{"a":{{value.team}},"e":{{event}}}', 'values: expected a text for team, which the template asks for'],
  ])('%s', (event, fault) => expect(faults(template(event))).toEqual([fault]))

  it.each([
    ['[]', 'body.template.batch: {{events}} must stand in it, once'],
    ['[{{events}},{{events}}]', 'body.template.batch: {{events}} must stand in it, once'],
    ['[{{event}}]', 'body.template.batch: character 2: unknown placeholder {{event}}; did you mean {{events}}?'],
    [
      '{{events}}]',
      'body.template.batch: with two events this gives no JSON: check braces and commas (or set content_type to what it is)',
    ],
  ])('around all: %s', (batch, fault) =>
    expect(faults(template('{{event}}', { batch, separator: ',' }))).toEqual([fault]),
  )

  it('need not be JSON where the content type says so', () => {
    const given = template('<14>1 {{occurred_at}} - - - - - {{event}}', { separator: '\n' }) as { body: object }
    expect(faults(given)).toHaveLength(1)
    expect(faults({ url, body: { ...given.body, content_type: 'text/plain' } })).toEqual([])
  })

  it.each([
    [{ url, body: { template: { event: '{{event}}' } } }, 'body.template: a template needs form: template beside it'],
    [{ url, body: { form: 'lines', key: 'logs' } }, 'body.key: only with form: array'],
    [{ url, body: { form: 'single' }, batch: 2 }, 'batch: form: single sends one event a request'],
    [{}, 'url: expected the whole address, such as https://receiver.example/ingest'],
    [{ url, id_header: 'X-Id', headers: { 'x-id': 'a' } }, 'id_header: this header is taken'],
    [{ url, rules: [{ verdict: 'retry' }] }, 'rules.0: expected status, body_contains or body beside the verdict'],
    [{ url, signature: 'standard' }, 'signature: a signature needs a secret'],
    [{ url, old_events: 'dead_letter' }, 'old_events: needs max_age beside it: how old an event may be'],
    [
      { url, old_events: 'send', max_age: '1h' },
      'old_events: only with a template that holds a time, such as {{occurred_at_ms}}',
    ],
    [{ url, cert_file: 'a.pem' }, 'cert_file: cert_file needs key_file beside it'],
    [{ url, presett: 'loki' }, ': Unrecognized key: "presett"'],
  ])('%j', (options, fault) => expect(faults(options)).toEqual([fault]))

  it('a value breaks out of no template', () => {
    const { body } = parse({ ...template('{"t":{{value.t}},"e":{{event}}}'), values: { t: '","x":{{event}}"' } })
    expect(body.event[0]).toBe('{"t":"\\",\\"x\\":{{event}}\\"","e":')
  })
})

describe('presets', () => {
  it.each(PRESET_NAMES)('%s is written in the words of an operator', (name) => {
    const { auth, ...rest } = PRESETS[name]
    expect(faults({ url, ...rest, ...(auth && { auth: { ...auth, username: 'u', password: 'p' } }) })).toEqual([])
  })

  it('what stands in the file goes before the preset, member by member', () => {
    const options = parse({
      preset: 'loki',
      url,
      values: { env: 'prod' },
      max_event_bytes: '1MiB',
      success: { status: [200] },
      rules: [{ status: [400], verdict: 'halt' }],
      body: { template: { event: '["{{occurred_at_ns}}",{{event_json_string}},{"id":{{event_id}}}]' } },
    })
    expect(options).toMatchObject({ maxEventBytes: 1024 ** 2, success: { status: [200] }, stream: false })
    expect(options.rules[0]).toEqual({ status: [400], verdict: 'halt' })
    expect(options.rules).toHaveLength(6)
    expect(options.body.before).toEqual([
      '{"streams":[{"stream":{"service_name":"audit-relay","env":"prod"},"values":[',
    ])
  })

  it('what is missing is told where the operator would write it', () => {
    const event = '{"t":{{value.team}},"e":{{event}}}'
    expect(faults({ preset: 'new_relic' })).toEqual(['auth: expected the token or key of this destination'])
    expect(faults({ preset: 'new_relic', auth: {} })).toEqual([
      'auth.token: expected the token or key of this destination',
    ])
    expect(faults({ ...template(event), values: { tem: 'a' } })).toEqual([
      'values.team: expected a text for team, which the template asks for',
    ])
    expect(faults({ preset: 'loki', url, values: { 'a b': 'c' } })[0]).toMatch(/^values/)
  })

  it('the address of a preset is one of several', () => {
    const auth = { token: 'license-key' }
    expect(parse({ preset: 'new_relic', auth }).url).toBe('https://log-api.newrelic.com/log/v1')
    expect(parse({ preset: 'new_relic', auth, url }).url).toBe(url)
  })
})

describe('secrets', () => {
  it('are in the address, the headers, the proxy and the signature as well', () => {
    const { secrets, url: sent } = parse({
      url: 'https://user-name:pass-word@receiver.example/v1/token-of-16-characters?key=query-secret',
      headers: { 'X-Key': 'header-secret' },
      secret: 'signing-secret',
      values: { key: 'value-that-is-a-token', env: 'prod' },
      proxy: 'http://proxy-user:proxy-pass@proxy.example',
    })
    expect(sent).not.toContain('pass-word')
    for (const secret of [
      'pass-word',
      'token-of-16-characters',
      'query-secret',
      'header-secret',
      'signing-secret',
      'proxy-pass',
      'value-that-is-a-token',
    ])
      expect(secrets).toContain(secret)
    expect(secrets).not.toContain('prod')
  })
})
