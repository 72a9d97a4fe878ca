// The options of a kind are built when a configuration names it, and once: those of `http` alone are megabytes.
import { expect, it, vi } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { DESTINATION_KINDS } from '../../../src/destinations/index.ts'
import { looseDefinition } from '../../../src/sources/http/loosen.ts'
import { SOURCE_KINDS } from '../../../src/sources/index.ts'

const kinds = { sources: SOURCE_KINDS, destinations: DESTINATION_KINDS }
const okta = { type: 'http', preset: 'okta', params: { domain: 'a.okta.com' }, auth: { token: 'x' } }

function load(source: object): number {
  const text = JSON.stringify({ sources: { app: source }, destinations: { out: { type: 'stdout' } } })
  return loadConfig('/etc/relay/audit-relay.yaml', { kinds, env: {}, readFile: () => Buffer.from(text) }).sources.length
}

it('the words of http are not there before a source is an http source', () => {
  const built = vi.spyOn(looseDefinition._zod.def, 'getter')
  expect(load({ type: 'outbox', path: 'events.jsonl' })).toBe(1)
  expect(built).not.toHaveBeenCalled()
  expect(load(okta)).toBe(1)
  expect(load(okta)).toBe(1)
  expect(built).toHaveBeenCalledOnce()
})
