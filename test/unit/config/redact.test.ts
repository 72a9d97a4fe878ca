// `format` and `redact` of a destination: what it comes to, when the key of the hashes is read, and that nobody sees it.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DestinationConfig } from '../../../src/config/config.ts'
import { batchOf } from '../../fakes/batches.ts'
import { faultsOf, folderWith, load } from './kinds.ts'

const key = 'k3y-of-the-hashes-0123456789'
const text =
  '{"event_id":"1","event_type":"a.b","occurred_at":"2026-05-17T08:00:00Z","actor":{"id":"u-1","label":"Zoe"},"source":{"name":"app"}}'

function siem(more: string, env: Readonly<Record<string, string>> = {}): DestinationConfig {
  const lines = `sources: { app: { type: spool, path: . } }\ndestinations:\n  siem:\n    type: hook\n    url: https://a.example\n${more}`
  return load(lines, { env }).destinations[0] as DestinationConfig
}

function written(config: DestinationConfig): Record<string, unknown> | undefined {
  const dress = config.dress?.()
  const event = batchOf([text]).events[0]
  const bytes = event && dress?.write(event, 'siem')
  return bytes && (JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>)
}

describe('what is wanted', () => {
  it('nothing, and events go as they are', () => {
    expect(siem('').dress).toBeUndefined()
    expect(siem('    format: canonical\n').dress).toBeUndefined()
  })

  it('a format', () => {
    expect(written(siem('    format: ecs\n'))).toMatchObject({ event: { id: '1' }, user: { id: 'u-1' } })
    expect(siem('    format: ecs\n').dress?.().complete).toBe(true)
  })

  it('less of each event, in the canonical form', () => {
    const config = siem('    redact: { drop: [actor.label], mask: [actor.id] }\n')
    expect(written(config)).toMatchObject({ actor: { id: '***' } })
    expect(written(config)?.['actor']).not.toHaveProperty('label')
    expect(config.dress?.().complete).toBe(false)
  })
})

describe('the key of the hashes', () => {
  const hashing = '    redact: { hash: [actor.id], hash_key: "${HASH_KEY}" }\n'

  it('comes from where its reference leads, anew each time, and is a secret', () => {
    const folder = folderWith({ key })
    const path = join(folder, 'key')
    const config = siem(`    redact: { hash: [actor.id], hash_key: "\${file:${path}}" }\n`)
    const first = written(config)
    expect(first?.['actor']).toMatchObject({ id: expect.stringMatching(/^hmac-sha256:[0-9a-f]{32}$/) as string })
    expect(config.secrets()).toContain(key)
    writeFileSync(path, `${key}-and-another`)
    expect(written(config)).not.toEqual(first)
  })

  it('halts the destination when it is missing or too short', () => {
    expect(() => siem(hashing).dress?.()).toThrow('HASH_KEY is not set')
    expect(() => siem(hashing, { HASH_KEY: 'short' }).dress?.()).toThrow('needs 16 characters at least')
  })

  it('a change of a literal one changes the definition, which does not show it', () => {
    const [one, other] = [key, `${key}x`].map((literal) =>
      siem(`    redact: { hash: [actor.id], hash_key: ${literal} }\n`),
    )
    expect(one?.definition).not.toBe(other?.definition)
    expect(one?.definition).not.toContain(key)
    expect(one?.secrets()).toContain(key)
  })

  it('its reference stands in the definition as it is written', () => {
    expect(siem(hashing, { HASH_KEY: key }).definition).toContain('"hash_key":"${HASH_KEY}"')
  })

  it('nowhere else in format or redact may a reference stand', () => {
    const [fault] = faultsOf(
      'sources: { app: { type: spool, path: . } }\ndestinations:\n  siem: { type: hook, url: "https://a.example", redact: { mask: ["${X}"] } }\n',
    )
    expect(fault?.message).toBe('a reference cannot stand here')
  })
})
