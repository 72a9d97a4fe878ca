// What a person sees of a broken configuration, character by character. `vitest -u` writes the texts anew: read them.
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { formatFaults } from '../../src/config/diagnostics.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError, type ConfigFault } from '../../src/model/errors.ts'
import { kinds } from '../unit/config/kinds.ts'

const folder = join(import.meta.dirname, 'config')
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

function faultsOf(file: string): readonly ConfigFault[] {
  try {
    const env = { ARCHIVE_URL: 'not an address', SHORT_SECRET: 'abc' }
    return loadConfig(file, { kinds, env, checkReferences: true }).warnings
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

test('there are enough of them', () => {
  expect(files.length).toBeGreaterThanOrEqual(10)
})

test.each(files)('%s', async (name) => {
  const printed = formatFaults(faultsOf(join(folder, name)), { colour: false, cwd: folder })
  await expect(`${printed}\n`).toMatchFileSnapshot(join(folder, `${basename(name, '.yaml')}.txt`))
  expect(printed).not.toMatch(/s3cr3t|a-literal-secret/)
})
