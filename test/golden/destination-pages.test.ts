// Every kind has its page and its rows in the overview, and the figures there are those that the kind itself states.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DestinationKind } from '../../src/destinations/destination.ts'
import { DESTINATION_KINDS } from '../../src/destinations/index.ts'
import type { Profile } from '../../src/destinations/profile.ts'

const folder = join(import.meta.dirname, '../../docs/destinations')
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const overview = read('README.md')
const [once = '', limits = ''] = overview.split('## Limits')

const url = 'https://a.example'
const key = 'canary-s3cret'
const auth = { tenant_id: 't', client_id: 'c', client_secret: key }
const OPTIONS: Readonly<Record<string, object>> = {
  splunk_hec: { url, token: key },
  datadog: { url, api_key: key },
  elastic: { url, index: 'audit' },
  opensearch: { url, index: 'audit' },
  sentinel: { url, rule: `dcr-${'0'.repeat(32)}`, stream: 'Custom-A_CL', auth },
}

/** As the table writes them. */
function figures({ request, largestEvent, largestMember, past, ahead }: Profile): readonly string[] {
  const bytes = [request?.maxBytes, largestEvent?.bytes, largestMember?.bytes].filter((size) => size !== undefined)
  const hours = [past, ahead].flatMap((limit) => (limit ? [`${limit.ms / 3_600_000} h`] : []))
  const events = request?.maxEvents === undefined ? [] : [`${request.maxEvents.toLocaleString('en')} events`]
  return [...bytes.map(sizeText), ...hours, ...events]
}

function sizeText(bytes: number): string {
  if (bytes % 1_000_000 === 0) return `${bytes / 1_000_000} MB`
  return bytes % 1_000 === 0 ? `${bytes / 1_000} KB` : `${bytes / 1024 ** 2} MiB`
}

function rowOf(part: string, type: string): string {
  const row = part.split('\n').find((line) => line.startsWith('|') && line.split('|')[1]?.includes(`\`${type}\``))
  if (row === undefined) throw new Error(`the overview has no row for ${type}`)
  return row
}

describe.each(DESTINATION_KINDS.map((kind) => [kind.type, kind] as const))('%s', (type, kind: DestinationKind) => {
  it('has a page, and a row that leads to it, to a heading that is there', () => {
    const [, page = '', heading] = /\]\(([a-z_]+\.md)(?:#([a-z-]+))?\)/.exec(rowOf(once, type)) ?? []
    expect(page).toBe(`${type}.md`)
    expect(existsSync(join(folder, page))).toBe(true)
    const headings = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
      text.toLowerCase().replaceAll(/[^a-z0-9 -]/g, '').replaceAll(' ', '-'),
    )
    if (heading !== undefined) expect(headings).toContain(heading)
  })

  it('has the limits there that it states', () => {
    const row = rowOf(limits, type)
    const options = kind.options.safeParse(OPTIONS[type])
    const profile = options.success ? kind.profile?.(options.data) : undefined
    for (const figure of profile ? figures(profile) : []) expect(row).toContain(figure)
  })

  it('says how to find what came twice', () => {
    expect(read(`${type}.md`)).toMatch(/dedup|twice|uniq -d|ON CONFLICT/i)
  })
})
