// Every kind of the registry can be loaded by itself.
import { expect, it } from 'vitest'
import { SOURCE_KINDS } from '../../../src/sources/index.ts'
import { loadKind } from '../../../src/sources/load.ts'

it.each(SOURCE_KINDS.map((kind) => [kind.type, kind] as const))('%s', async (type, kind) => {
  expect(await loadKind(type)).toBe(kind)
})

it('another name is an error', async () => {
  await expect(loadKind('carrier-pigeon')).rejects.toThrow()
})
