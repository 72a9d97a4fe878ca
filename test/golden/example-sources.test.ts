// The sources of config.example.yaml that stand there as comments: each is good as it stands, and none is missing.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { DESTINATION_KINDS } from '../../src/destinations/index.ts'
import { loadConfig } from '../../src/config/load.ts'
import { PRESET_NAMES } from '../../src/sources/http/presets/names.ts'
import { SOURCE_KINDS } from '../../src/sources/index.ts'

const example = fs.readFileSync(path.resolve('config.example.yaml'), 'utf8')

/** By name: the lines of a source that is commented out, without the mark. */
function commentedSources(): ReadonlyMap<string, string> {
  const section = example.slice(example.indexOf('\nsources:'), example.indexOf('\ndestinations:'))
  const found = new Map<string, string[]>()
  let lines: string[] | undefined
  for (const line of section.split('\n')) {
    const begun = /^ {2}# ([a-z0-9-]+):$/.exec(line)
    if (begun) found.set(begun[1] as string, (lines = [`  ${begun[1]}:`]))
    else if (line.startsWith('  #   ')) lines?.push(`  ${line.slice(4)}`)
    else lines = undefined
  }
  return new Map([...found].map(([name, text]) => [name, text.join('\n')]))
}

const options = { kinds: { sources: SOURCE_KINDS, destinations: DESTINATION_KINDS }, env: {} }
const blocks = commentedSources()

it.each([...blocks])('%s', (_, text) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'example-'))
  try {
    const file = path.join(folder, 'audit-relay.yaml')
    fs.writeFileSync(file, `sources:\n${text.replace(/\$\{[^}]*\}/g, 'secret-0123')}\ndestinations:\n  screen: { type: stdout }\n`)
    expect(loadConfig(file, options).sources).toHaveLength(1)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
})

it('has one of each kind and each preset', () => {
  const all = [...blocks.values()].join('\n')
  for (const { type } of SOURCE_KINDS) expect(example.includes(`type: ${type}\n`) || example.includes(`type: ${type} `), type).toBe(true)
  for (const preset of PRESET_NAMES) expect(new RegExp(`(preset:|# or) ${preset}( #.*)?$`, 'm').test(all), preset).toBe(true)
})
