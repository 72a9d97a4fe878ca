// A secret that stands in every place from which it could be echoed is nowhere in what is shown.
import { describe, expect, test } from 'vitest'
import { acme, type Answering, asJson, record, shown, tried } from './trying.ts'

const SECRET = 'hünter2/+&sesame "öpen"'
/** Handed out, but never sent by us. */
const UNUSED = 'refresh-canary-2468'
const ISSUED = 'issued-token-0815-xyz'

/** Every form in which it may come back. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const json = JSON.stringify(secret).slice(1, -1)
  return [
    secret,
    json,
    json.replaceAll('/', '\\/'),
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    bytes.toString('base64'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ]
}

const everywhere: Answering = ({ url, headers }, index) => {
  if (url.endsWith('/token'))
    return { body: { access_token: ISSUED, refresh_token: UNUSED, token_type: 'Bearer', expires_in: 3600 } }
  const echo = [...formsOf(SECRET), ...formsOf(ISSUED), UNUSED, headers['authorization']]
  return {
    headers: {
      'set-cookie': 'sid=cookie-canary-99887766; Path=/',
      link: `<https://api.acme.example/v2/audit?p=${index}&api_key=${encodeURIComponent(SECRET)}>; rel="next"`,
      'x-ratelimit-policy': SECRET.replace(/[^ -~]/g, '?'),
      'x-request-id': ISSUED,
    },
    body: {
      data: [
        record(1, 5, { verb: `login ${SECRET}`, echo, again: { [SECRET]: 'cookie-canary-99887766' } }),
        { nothing: 'mapped', [SECRET]: 1, [ISSUED]: 2 },
      ],
    },
  }
}

const guarded = {
  ...acme,
  auth: {
    type: 'client_credentials',
    token_url: 'https://login.acme.example/token',
    client_id: 'relay',
    client_secret: '${SECRET}',
  },
  request: {
    path: '/audit',
    query: { start: '{{from}}', end: '{{to}}', api_key: '${SECRET}' },
    headers: { 'X-Api-Key': 'literal-header-canary' },
  },
}

describe('secrets', () => {
  const env = { SECRET, TOKEN: 'unused-but-known' }
  const needles = [...formsOf(SECRET), ...formsOf(ISSUED), UNUSED, 'literal-header-canary', 'cookie-canary-99887766']

  const refusal: Answering = (request, index) => ({ ...everywhere(request, index), ...(index > 0 && { status: 403 }) })
  const noToken: Answering = ({ body }) => ({ status: 401, body: Buffer.from(body ?? '').toString() })

  test.each<[string, Answering]>([
    ['a page', everywhere],
    ['a refusal', refusal],
    ['a refused token', noToken],
  ])('are nowhere in what %s shows', async (_, answering) => {
    const report = await tried(guarded, answering, { env, pages: 2, mostShown: 9 })
    for (const text of [shown(report, 80, true).replace(/\n\s*/g, ''), shown(report, undefined, true), asJson(report)])
      for (const needle of needles) expect(text).not.toContain(needle)
    expect(shown(report, undefined, true)).toContain('[secret]')
  })

  test('what is no secret stays: the window, the size, a place in the list', async () => {
    const query = { start: '{{from}}', limit: 3, page_token: 'p-2', end: '{{to}}', api_key: '${SECRET}' }
    const { requests } = await tried({ ...guarded, request: { path: '/audit', query } }, everywhere, { env })
    expect(requests[1]?.url).toBe(
      'https://api.acme.example/v2/audit?start=2026-05-17T06:55:00.000Z&limit=3&page_token=p-2&end=2026-05-17T07:55:00.000Z&api_key=[secret]',
    )
    expect(requests[0]?.body).toContain('grant_type=client_credentials')
  })

  test('an address that leads elsewhere shows none of its query', async () => {
    const far = { ...acme, follow: { hosts: ['files.example'] } }
    const link = '<https://files.example/next?sv=1&what=signed-canary-55>; rel="next"'
    const answering: Answering = () => ({ headers: { link }, body: { data: [record(1, 5)] } })
    const report = await tried(far, answering, { env, pages: 2 })
    expect(report.requests[1]?.url).toBe('https://files.example/next?sv=[secret]&what=[secret]')
    expect(asJson(report)).not.toContain('signed-canary-55')
  })
})
