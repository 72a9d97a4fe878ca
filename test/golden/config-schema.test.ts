// The schema for editors is committed and shipped; `vitest run -u` writes it anew when a kind or a shared key changes.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exportJsonSchema } from '../../src/config/json-schema.ts'
import { DESTINATION_KINDS } from '../../src/destinations/index.ts'
import { SOURCE_KINDS } from '../../src/sources/index.ts'

const file = join(import.meta.dirname, '../../audit-relay.schema.json')

test('audit-relay.schema.json is what the schemas say', async () => {
  const schema = exportJsonSchema({ sources: SOURCE_KINDS, destinations: DESTINATION_KINDS })
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file)
})
