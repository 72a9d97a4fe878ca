// What a person is told when a configuration will meet what a receiver takes, character by character, and that nobody else is.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatFaults } from '../../src/config/diagnostics.ts'
import { loadConfig } from '../../src/config/load.ts'
import { DESTINATION_KINDS } from '../../src/destinations/index.ts'
import type { ConfigFault } from '../../src/model/errors.ts'
import { SOURCE_KINDS } from '../../src/sources/index.ts'

const folder = join(import.meta.dirname, 'config-limits')
const env = {
  DATADOG_KEY: 's3cr3t-0123456789abcdef',
  SENTINEL_SECRET: 's3cr3t-sentinel',
  AWS_SECRET: 's3cr3t-aws',
  SPLUNK_TOKEN: 's3cr3t-00000000-0000',
}

function warningsOf(name: string): readonly ConfigFault[] {
  const kinds = { sources: SOURCE_KINDS, destinations: DESTINATION_KINDS }
  return loadConfig(join(folder, name), { kinds, env }).warnings
}

test('a configuration that meets them is told so, and can be used', async () => {
  const printed = formatFaults(warningsOf('met.yaml'), { colour: false, cwd: folder })
  await expect(`${printed}\n`).toMatchFileSnapshot(join(folder, 'met.txt'))
  expect(printed).not.toContain('s3cr3t')
})

test('one that stays within them is not, nor one whose secrets are not there yet', () => {
  expect(warningsOf('kept.yaml')).toEqual([])
})
