// What a person sees of a broken description of an API, character by character. `vitest -u` writes the texts anew: read them.
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { formatFaults } from '../../src/config/diagnostics.ts'
import { loadConfig } from '../../src/config/load.ts'
import { DESTINATION_KINDS } from '../../src/destinations/index.ts'
import { ConfigError, type ConfigFault } from '../../src/model/errors.ts'
import { http } from '../../src/sources/http/index.ts'

const folder = join(import.meta.dirname, 'sources-http')
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
const kinds = { sources: [http], destinations: DESTINATION_KINDS }

function faultsOf(file: string): readonly ConfigFault[] {
  try {
    const env = { ACME_KEY: 's3cr3t-key', OKTA_HOST: 'acme.okta.com', OKTA_TOKEN: 's3cr3t-token' }
    return loadConfig(file, { kinds, env, checkReferences: true }).warnings
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

test.each(files)('%s', async (name) => {
  const printed = formatFaults(faultsOf(join(folder, name)), { colour: false, cwd: folder })
  await expect(`${printed}\n`).toMatchFileSnapshot(join(folder, `${basename(name, '.yaml')}.txt`))
  expect(printed).not.toContain('s3cr3t')
})
