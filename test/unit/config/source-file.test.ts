// One source of a file: of a configuration in which other things are wrong, or alone in its file; faults at their places.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nameOfFile, openSourceFile } from '../../../src/config/source-file.ts'
import { ConfigError } from '../../../src/model/errors.ts'
import { SOURCE_KINDS } from '../../../src/sources/index.ts'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'audit-relay-source-file-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const open = (text: string, env = {}) => {
  const file = path.join(folder, 'acme.yaml')
  fs.writeFileSync(file, text)
  return openSourceFile(file, SOURCE_KINDS, env)
}

function faultsOf(work: () => unknown): readonly string[] {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigError)
      return error.faults.map(({ line, column, message }) => `${line}:${column} ${message}`)
    throw error
  }
  throw new Error('no fault was found')
}

describe('a configuration', () => {
  const text = 'sources:\n  app: { type: outbox, path: ./outbox }\n  odd: { type: nothing }\ndestinations: 7\n'

  test('only the source that is asked for counts', () => {
    const file = open(text)
    expect(file.names).toEqual(['app', 'odd'])
    expect(file.read('app')).toMatchObject({ name: 'app', type: 'outbox' })
    expect(faultsOf(() => file.read('odd'))).toEqual([expect.stringMatching(/^3:16 unknown kind of source "nothing"/)])
  })
})

describe('a definition', () => {
  test('bears any name; relative paths start from its folder', () => {
    const file = open('type: outbox\npath: ./outbox\n')
    expect(file.names).toBeNull()
    expect(file.read('any')).toMatchObject({ name: 'any', type: 'outbox' })
    expect(file.read('any').options()).toMatchObject({ path: path.join(folder, 'outbox') })
  })

  test('a reference that leads nowhere is told at its place; what it gives is a secret', () => {
    const text = 'type: outbox\npath: ${OUTBOX}\n'
    expect(faultsOf(() => open(text).read('a'))).toEqual([expect.stringMatching(/^2:7 .*OUTBOX/)])
    const source = open(text, { OUTBOX: '/var/outbox' }).read('a')
    expect(source.secrets()).toEqual(['/var/outbox'])
  })
})

test.each([
  ['', 'the file is empty'],
  ['- a\n', 'a map with sources'],
  ['state: {}\n', 'neither "sources" nor "type"'],
  ['sources: 3\n', 'a map of sources by name'],
  ['type: [\n', ''],
])('%j is neither of the two', (text, message) => {
  expect(faultsOf(() => open(text))[0]).toContain(message)
})

test.each([
  ['/x/acme.yaml', 'acme'],
  ['/x/Acme Prod.v2.yml', 'acme-prod.v2'],
  ['/x/.yaml', 'source'],
  ['/x/…', 'source'],
])('%s is named %s', (file, name) => expect(nameOfFile(file)).toBe(name))
