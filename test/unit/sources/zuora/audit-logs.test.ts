// The audit logs of OneID: page numbers whose rows shift, tenants, names that can be written over.
import { expect, test } from 'vitest'
import { drain, hour, idsOf, login, never, open, startFake } from './reading.ts'

test('every log is a part, in the order of the file', async () => {
  const { source } = await open({ logs: ['global-settings', 'login-events', 'global-logins'] })
  expect(await source.parts?.(never)).toEqual(['global-settings', 'login-events', 'global-logins'])
})

test('reads all pages of a closed window, and asks for what the file names', async () => {
  const { fake, source } = await open({ logs: ['global-logins'], audit_logs: { page: { size: 2 } } })
  fake.add('global-logins', ...[1, 2, 3, 4, 5].map((minute) => login(minute)), login(90))
  const read = await drain(source, 'global-logins')
  expect(read.error).toBeUndefined()
  expect(read.events.map(({ data }) => data['username'])).toEqual(['user-5', 'user-4', 'user-3', 'user-2', 'user-1'])
  expect(fake.searches.map(({ page, size }) => [page, size])).toEqual([
    [0, 2],
    [1, 2],
    [2, 2],
  ])
  expect(fake.searches[0]?.filter).toEqual({
    must: [{ field: 'timestamp', from: '2026-05-17T06:59:59.999Z', to: '2026-05-17T08:00:00.000Z' }],
  })
})

test.each([
  ['one goes away: user-2 moves from the second page to the first', (rows: object[]) => rows.splice(3, 1)],
  ['one is revealed: user-3 moves from the first page to the second', (rows: object[]) => rows.push(login(5))],
])('row 33: %s, and another walk finds all, under the same ids', async (_, change) => {
  const fake = await startFake()
  const { source } = await open({ logs: ['global-logins'], audit_logs: { page: { size: 2 } } }, fake)
  fake.add('global-logins', ...[1, 2, 3, 4].map((minute) => login(minute)))
  const calm = await drain(source, 'global-logins')
  fake.afterPage = (page) => {
    if (page !== 0) return
    fake.afterPage = undefined
    change(fake.logs.get('global-logins') as object[])
  }
  const shifted = await drain(source, 'global-logins')
  expect(shifted.error).toBeUndefined()
  const now = await drain(source, 'global-logins')
  expect(new Set(idsOf(shifted))).toEqual(new Set([...idsOf(calm), ...idsOf(now)]))
})

test('row 43: the same window gives the same ids and versions, equal records stay apart', async () => {
  const { fake, source } = await open({ logs: ['global-logins'], audit_logs: { page: { size: 2 } } })
  fake.add('global-logins', login(1), login(1), login(1), login(2))
  const [first, second] = [await drain(source, 'global-logins'), await drain(source, 'global-logins')]
  expect(new Set(idsOf(first)).size).toBe(4)
  expect(idsOf(second)).toEqual(idsOf(first))
  expect(second.fingerprints).toEqual(first.fingerprints)
})

test('goes on behind the last page that was committed', async () => {
  const fake = await startFake()
  const { source } = await open({ logs: ['global-logins'], audit_logs: { page: { size: 2 } } }, fake)
  fake.add('global-logins', ...[1, 2, 3, 4].map((minute) => login(minute)))
  const whole = await drain(source, 'global-logins')
  const restarted = await open({ logs: ['global-logins'], audit_logs: { page: { size: 2 } } }, fake)
  const rest = await drain(restarted.source, 'global-logins', { progress: whole.progress[0] as string })
  expect(idsOf(rest)).toEqual(idsOf(whole).slice(2))
})

test('a tenant log names its tenant in filter.must; a global one does not', async () => {
  const { fake, source } = await open({ logs: ['tenant-logins', 'global-logins'], tenant_id: 11_234 })
  fake.add('tenant-logins', login(1, { tenantId: '11234' }), login(2, { tenantId: '99' }))
  const read = await drain(source, 'tenant-logins')
  expect(read.error).toBeUndefined()
  expect(read.events.map(({ tenant }) => tenant?.id)).toEqual(['11234'])
  await drain(source, 'global-logins')
  expect(fake.searches.map(({ filter }) => filter?.must?.map(({ field }) => field))).toEqual([
    ['timestamp', 'tenantId'],
    ['timestamp'],
  ])
})

test('every unconfirmed name can be written over', async () => {
  const fake = await startFake()
  const { source } = await open(
    {
      logs: ['tenant-objects'],
      tenant_id: 7,
      entity_ids: ['e1', 'e2'],
      org_ids: 'o1',
      audit_logs: {
        path: '/audit',
        objects_path: 'objects',
        body: { filter: { must: [] }, since: '{{from.epoch_ms}}', until: '{{to.epoch_ms}}', pageNumber: '{{page}}' },
        tenant_filter: { tenantId: { eq: 7 } },
        page: { first: 1, total_pages: 'body.page.pages', total: null },
        records: { at: 'body.rows' },
        objects: { occurred_at: 'when', event_id: 'key', 'actor.id': 'who' },
      },
    },
    fake,
  )
  const bodies: unknown[] = []
  let headers = {}
  fake.instead = (request) => {
    bodies.push(JSON.parse(request.body.toString()))
    headers = request.headers
    expect(request.path).toBe('/audit/objects')
    const key = `k${bodies.length}`
    return { body: JSON.stringify({ rows: [{ when: '2026-05-17T07:30:00Z', key, who: 'ann' }], page: { pages: 2 } }) }
  }
  const read = await drain(source, 'tenant-objects')
  expect(idsOf(read)).toEqual(['k1', 'k2'])
  expect(bodies[1]).toEqual({
    filter: { must: [{ tenantId: { eq: 7 } }] },
    since: hour.from - 1,
    until: hour.to,
    pageNumber: 2,
  })
  expect(headers).toMatchObject({ 'zuora-entity-ids': 'e1,e2', 'zuora-org-ids': 'o1' })
})

test('says once that the names are unconfirmed, until somebody has looked', async () => {
  const { tools } = await open({ logs: ['global-logins'] })
  expect(tools.notices.map(({ code }) => code)).toEqual(['zuora_unconfirmed'])
  expect((await open({ logs: ['global-logins'], audit_logs: { checked: true } })).tools.notices).toEqual([])
  expect((await open({ logs: ['login-events'] })).tools.notices).toEqual([])
})

test('an answer without the list is an error, and no empty window', async () => {
  const { fake, source } = await open({ logs: ['global-logins'] })
  fake.instead = () => ({ body: '{"items":[],"totalElements":0,"totalPages":0}' })
  expect((await drain(source, 'global-logins')).error).toMatchObject({
    kind: 'transient',
    message: expect.stringContaining('body.content') as string,
  })
})

test('a first page that is 1 and not 0 is told', async () => {
  const { fake, source } = await open({ logs: ['global-logins'], audit_logs: { page: { size: 2 } } })
  const content = [login(1), login(2)]
  fake.instead = () => ({ body: JSON.stringify({ content, totalPages: 2, totalElements: 4 }) })
  expect((await drain(source, 'global-logins')).error?.message).toContain('the same page twice')
})

test('can be probed', async () => {
  const { fake, source } = await open({ logs: ['global-logins', 'login-events'] })
  await source.probe?.(never)
  expect(fake.searches).toHaveLength(1)
  expect(fake.queries.jobs).toHaveLength(0)
  fake.instead = () => ({ status: 403, body: '{"code":403,"message":"forbidden"}' })
  await expect(source.probe?.(never)).rejects.toMatchObject({ kind: 'denied' })
})
