// What Zuora is asked, and what becomes of its records: those of the audit trail from the samples and tables of its documents, those of
// OneID made from the fields that they name. A changed file is a change of what receivers see: review it.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { AuditRecord } from '../../../fakes/zuora.ts'
import type { TrailRecord } from '../../../fakes/zuora-data-query.ts'
import { drain, open, startFake } from './reading.ts'

const folder = new URL('../../../golden/source-presets/zuora/', import.meta.url)
const given = JSON.parse(readFileSync(new URL('records.json', folder), 'utf8')) as {
  readonly audit_logs: Readonly<Record<string, readonly AuditRecord[]>>
  readonly data_query: Readonly<Record<string, readonly TrailRecord[]>>
}
const logs = [
  'global-logins',
  'global-settings',
  'tenant-logins',
  'tenant-settings',
  'tenant-objects',
  'login-events',
  'setting-changes',
  'object-changes',
]
const window = { from: Date.parse('2022-10-30T00:00:00Z'), to: Date.parse('2022-11-01T00:00:00Z') }

test.each(['all', 'none'])('asks and maps as reviewed, values: %s', async (values) => {
  const fake = await startFake()
  for (const [log, records] of Object.entries(given.audit_logs)) fake.add(log, ...records)
  for (const [table, rows] of Object.entries(given.data_query)) fake.queries.add(table, ...rows)
  const { source } = await open({ logs, tenant_id: '11234', values }, fake)
  const lines: string[] = []
  for (const log of logs) {
    const before = fake.receiver.requests.length
    const { events, error } = await drain(source, log, { window })
    if (error) throw error
    lines.push(`# ${log}`)
    for (const { method, path, body } of fake.receiver.requests.slice(before))
      if (path !== '/oauth/token') lines.push(`${method} ${path} ${body.toString()}`.trim())
    lines.push(...events.map((event) => JSON.stringify(event)), '')
  }
  await expect(lines.join('\n')).toMatchFileSnapshot(new URL(`values-${values}.txt`, folder).pathname)
})
