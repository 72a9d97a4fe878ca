// What the documentation shows is what the kind takes: every configuration on its page, and every option in its tables.
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { http } from '../../../../src/destinations/http/index.ts'
import { PRESET_NAMES } from '../../../../src/destinations/http/presets/names.ts'
import { httpFile } from '../../../../src/destinations/http/schema.ts'
import { BATCH_PLACEHOLDERS, EVENT_PLACEHOLDERS } from '../../../../src/destinations/http/template.ts'

const page = readFileSync(new URL('../../../../docs/destinations/http.md', import.meta.url), 'utf8')
const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const account = JSON.stringify({ client_email: 'relay@project.iam', private_key: pem })

type Entry = Readonly<Record<string, unknown>>

/** The entries of a block: a whole configuration, one destination by name, or some keys of one. */
function entriesOf(block: string): Entry[] {
  const text = block
    .replace(/"\$\{file:[^}]*secops[^}]*\}"/g, "'ACCOUNT'")
    .replace(/"\$\{[^}]*\}"/g, 'https://a.example/secret')
  const read = parse(text) as Entry
  const found = 'destinations' in read ? (read['destinations'] as Entry) : read
  const named = Object.values(found).filter((value): value is Entry => (value as Entry | null)?.['type'] === 'http')
  if (named.length > 0) return named
  // What replaces a part of a preset needs it.
  const { template, form } = (found['body'] ?? {}) as Entry
  const preset = template !== undefined && form === undefined ? { preset: 'google_secops', auth: { token: 'a' } } : {}
  return [{ url: 'https://a.example', ...preset, ...found }]
}

const blocks = [...page.matchAll(/^( *)```yaml\n([^]*?)^ *```$/gm)].map(([, , block]) => block as string)
const entries = blocks.flatMap(entriesOf)

describe('the page', () => {
  it.each(entries.map((entry) => [(entry['preset'] as string | undefined) ?? 'no preset', entry] as const))(
    '%s: what it shows is taken',
    (_preset, { type: _type, ...options }) => {
      const auth = options['auth'] as Entry | undefined
      const given =
        auth?.['service_account'] === 'ACCOUNT' ? { ...options, auth: { service_account: account } } : options
      expect(http.options.safeParse(given).error?.issues).toBeUndefined()
    },
  )

  it('shows every preset', () => {
    expect(new Set(entries.flatMap(({ preset }) => preset ?? []))).toEqual(new Set(PRESET_NAMES))
  })

  it('names every option and every placeholder', () => {
    for (const name of Object.keys(httpFile.shape)) expect(page).toContain(`\`${name}\``)
    for (const name of [...EVENT_PLACEHOLDERS, ...BATCH_PLACEHOLDERS]) expect(page).toContain(`{{${name}}}`)
  })
})
