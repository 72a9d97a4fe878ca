import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { httpOptions } from '../../../../src/sources/http/options.ts'
import { over } from '../../../../src/sources/http/merge.ts'
import { everyOf, presetOf, readPreset } from '../../../../src/sources/http/preset.ts'
import { PRESET_NAMES } from '../../../../src/sources/http/presets/names.ts'

const url = 'https://api.example'
const event = { event_id: 'id', event_type: 'type', occurred_at: 'at' }
const request = { path: '/logs', query: { since: '{{from}}', until: '{{to}}' } }

function faults(given: object): string[] {
  const { error } = httpOptions.safeParse(given)
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

const wrong: readonly (readonly [string, object, RegExp])[] = [
  [
    'a misspelt placeholder',
    { url, event, request: { path: '/x', query: { a: '{{form}}', b: '{{from}}' } } },
    /^request\.query\.a: character 1: unknown placeholder {{form}}; did you mean "from"\?/,
  ],
  [
    'an open placeholder',
    { url, event, request: { path: '/x', query: { a: '{{from' } } },
    /request\.query\.a: character 1: {{ without }}/,
  ],
  [
    'an unknown form of time',
    { url, event, request: { path: '/x', query: { a: '{{from.epoch_m}}' } } },
    /did you mean "epoch_/,
  ],
  [
    'neither window nor feed',
    { url, event, request: { path: '/x' } },
    /^page: expected a page of type link, token, next_url or last_id/,
  ],
  [
    'a window without {{from}}',
    { url, event, mode: 'window', request: { path: '/x' } },
    /^request: a window needs {{from}}/,
  ],
  [
    'a cursor that comes from nowhere',
    { url, event, request, page: { type: 'token', into: 'query.c' } },
    /^page\.next: expected the place/,
  ],
  [
    'a cursor that goes nowhere',
    { url, event, request, page: { type: 'token', next: 'body.n' } },
    /^page\.into: expected where it goes, such as query\.cursor/,
  ],
  [
    'a cursor that goes twice',
    {
      url,
      event,
      request: { path: '/x', query: { a: '{{from}}', c: '{{cursor}}' } },
      page: { type: 'token', next: 'body.n', into: 'query.c' },
    },
    /stands in the request already: take it out there, or leave `into` out$/,
  ],
  [
    'keep with windows',
    { url, event, mode: 'window', request, page: { type: 'link', keep: true } },
    /^page\.keep: only with mode: feed/,
  ],
  ['offset without a size', { url, event, request, page: { type: 'offset', into: 'query.o' } }, /^page\.size/],
  ['a body in a GET', { url, event, request: { ...request, method: 'GET', body: {} } }, /^request\.method/],
  [
    'a parameter in the path',
    { url, event, request: { ...request, path: '/x?a=1' } },
    /^request\.path: parameters stand in `query`/,
  ],
  [
    'credentials in the address',
    { url: 'https://a:b@api.example', event, request },
    /^url: user and password stand in `auth`/,
  ],
  [
    'credentials in the address of a request',
    { url, event, request: { url: 'https://a:b@api.example/x', query: request.query } },
    /^request\.url: user and password stand in `auth`/,
  ],
  [
    'a header of ours',
    { url, event, request: { ...request, headers: { Host: 'x' } } },
    /^request\.headers\.Host: the relay sets/,
  ],
  [
    'a step that has not run',
    {
      url,
      event,
      request: { ...request, path: '/{{steps.jb.body.id}}' },
      steps: [{ name: 'job', request: { path: '/jobs' } }],
    },
    /did you mean "job"\?/,
  ],
  [
    'a param without a value',
    { url: 'https://{{params.orgg}}.example', params: { org: 'a' }, event, request },
    /^url: {{params\.orgg}} has no value; did you mean {{params\.org}}\?/,
  ],
  ['a preset that there is not', { preset: 'octa' }, /^preset: .*expected one of .*"okta"/],
  [
    'a rule that fits everything',
    { url, event, request, errors: [{ do: 'retry' }] },
    /^errors\.0: expected status, header, body/,
  ],
  [
    'values that stand twice',
    { url, event, request, fan_out: { over: ['a', 'a'] } },
    /^fan_out\.over: a value stands here twice/,
  ],
]

it.each(wrong)('tells %s at its place', (_name, given, expected) => {
  expect(faults(given)).toEqual([expect.stringMatching(expected)])
})

it('tells an unknown key at its place', () => {
  const { error } = httpOptions.safeParse({ url, event, request: { ...request, pth: '/x' } })
  expect(error?.issues).toMatchObject([{ code: 'unrecognized_keys', keys: ['pth'], path: ['request'] }])
})

it('tells what is missing when nothing is given', () => {
  expect(httpOptions.safeParse({}).error?.issues.map(({ path }) => path.join('.'))).toEqual(['url', 'request', 'event'])
})

it('a preset needs its params, knows no others, and tells what a value of theirs spoils where it was written', () => {
  expect(faults({ preset: 'okta', auth: { token: 'x' } })).toEqual([
    expect.stringMatching(/^params\.domain: expected the host/),
  ])
  expect(faults({ preset: 'okta', auth: { token: 'x' }, params: { domain: 'a', domian: 'b' } })).toEqual([
    expect.stringMatching(/^params\.domian: .* did you mean "domain"\?/),
  ])
  expect(faults({ preset: 'okta', auth: { token: 'x' }, params: { domain: 'a b' } })).toEqual([
    expect.stringMatching(/^params\.domain: url: expected an absolute address/),
  ])
})

it('a fault between a preset and what stands over it names the preset', () => {
  expect(faults({ preset: 'okta', auth: { token: 'x' }, params: { domain: 'a' }, mode: 'window' })).toEqual([
    expect.stringMatching(/^preset: with what the preset okta says, page\.keep: only with mode: feed/),
  ])
})

it('maps are merged, lists and scalars replaced, null takes away, another type replaces the whole map, a field of an event is one thing', () => {
  expect(over({ a: { b: 1, c: [1, 2] }, d: 1 }, { a: { c: [3] }, d: null, e: { f: null, g: 1 } })).toEqual({
    a: { b: 1, c: [3] },
    e: { g: 1 },
  })
  expect(over({ page: { type: 'link', size: 1 } }, { page: { type: 'none' } })).toEqual({ page: { type: 'none' } })
  expect(over({}, JSON.parse('{"__proto__":{"x":1}}') as Record<string, unknown>)).not.toHaveProperty('x')
  const options = httpOptions.parse({
    preset: 'okta',
    auth: { token: 'x' },
    params: { domain: 'a.okta.com' },
    request: { query: { limit: 5, sortOrder: null } },
    event: { outcome: { value: 'success' }, 'context.ip': null },
  })
  expect(options.definition.request.query).toEqual({ since: '{{from}}', limit: 5 })
  expect(options.definition.event.outcome).toEqual({ value: 'success' })
  expect(options.definition.event['context.ip']).toBeUndefined()
})

it('a preset brings defaults of the shared keys', () => {
  const options = httpOptions.parse({ preset: 'okta', auth: { token: 'x' }, params: { domain: 'a.okta.com' } })
  expect(options).toMatchObject({
    base: 'https://a.okta.com',
    windows: { startMs: 7 * 86_400_000, sweepsMs: [] },
  })
  expect(httpOptions.parse({ url, event, request }).windows).toMatchObject({
    overlapMs: 600_000,
    sweepsMs: [3_600_000, 86_400_000],
    retentionMs: null,
  })
})

it.each(PRESET_NAMES)('the preset %s is sound', (name) => {
  expect(readPreset(name).describe).not.toBe('')
})

it('every preset has its name in the schema', () => {
  const folder = new URL('../../../../src/sources/http/presets/', import.meta.url)
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
  expect([...PRESET_NAMES].toSorted()).toEqual(files.map((file) => file.slice(0, -'.yaml'.length)).toSorted())
})

it('how often it is pulled is what the preset says, whatever its secrets are', () => {
  expect(everyOf({ preset: 'microsoft-365', auth: { client_secret: '${NOT_SET}' } })).toBe(300_000)
  expect(everyOf({ preset: '${PRESET}' })).toBeUndefined()
  expect(everyOf({ url })).toBeUndefined()
})

it('a feed that cannot be read in windows says so', () => {
  const feed = { url, event, request: {}, page: { type: 'token', next: 'body.next', into: 'query.after' } }
  expect(httpOptions.parse(feed).windows).toMatchObject({ ofCursor: true, overlapMs: 3_600_000 })
  const both = { ...feed, mode: 'feed', request: { query: { from: '{{from}}', to: '{{to}}' } } }
  expect(httpOptions.parse(both).windows.ofCursor).toBeUndefined()
})

it('windows may be of the time of arrival', () => {
  expect(httpOptions.parse({ url, event, request, time: { of: 'arrival' } }).windows.ofArrival).toBe(true)
  expect(httpOptions.parse({ url, event, request }).windows.ofArrival).toBeUndefined()
})

it('a preset with a slip is refused with its place', () => {
  expect(() => presetOf('x', 'describe: x\npaeg: { type: link }')).toThrow(/preset x is not sound: .*paeg/s)
  expect(() => presetOf('x', 'describe: x\npage: { type: lnk }')).toThrow(/page\.type/)
})
