import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runProgram } from '../../../src/cli/program.ts'
import { fakeWorld } from './fake-world.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'audit-relay-cli-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

async function run(...argv: string[]) {
  const world = fakeWorld({ cwd: folder, columns: 100 })
  return { code: await runProgram(argv, world), out: world.stdout.text(), err: world.stderr.text() }
}

test('--version is the version of the package', async () => {
  const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as { version: string }
  expect(await run('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
})

test('--help goes to stdout with 0, names every command and every exit code', async () => {
  const { code, out, err } = await run('--help')
  expect([code, err]).toEqual([0, ''])
  for (const word of [
    'run',
    'validate',
    'status',
    'check',
    'backup',
    'completion',
    '78  the configuration',
    '3   run --once',
  ])
    expect(out).toContain(word)
})

test.each(['run', 'validate', 'status', 'check', 'backup', 'completion', 'schema', 'audit', 'trace'])(
  'help of %s has an example',
  async (name) => {
    const { code, out } = await run(name, '--help')
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`Examples?:\\n  audit-relay ${name}`))
    expect(out).toContain('--config')
  },
)

test.each([
  ['no command at all', [], 'Usage: audit-relay'],
  ['a misspelt command', ['stauts'], 'Did you mean status?'],
  ['a command of a later version', ['keygen', 'app'], "unknown command 'keygen'"],
  ['a misspelt option', ['status', '--jsno'], 'Did you mean --json?'],
  ['an option without its value', ['status', '--max-lag'], 'argument missing'],
  ['a duration without a unit', ['status', '--max-lag', '15'], '--max-lag 15: write a duration such as'],
  ['--max-wait without --once', ['run', '--max-wait', '1m'], '--max-wait says nothing without --once: add that, or'],
  ['--scheduled without --check', ['status', '--scheduled'], '--scheduled says nothing without --check or --json'],
  ['a folder as the state', ['status', '--state', '.'], '--state .: that is a folder; name the state file in it'],
  ['a folder as the copy', ['backup', '.'], 'backup .: that is a folder; name a file in it, such as audit-relay.db'],
  ['a copy in no folder', ['backup', '/nope/b.db'], 'backup /nope/b.db: there is no folder /nope; create it, or'],
  ['a format that there is not', ['run', '--log-format', 'xml'], 'Allowed choices are auto, human, json'],
  ['a shell that there is not', ['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish'],
  ['a missing file', ['backup'], "missing required argument 'file'"],
  ['too many arguments', ['check', 'me'], 'too many arguments'],
])('%s is wrong usage: exit 2 and a sentence on stderr', async (_name, argv, sentence) => {
  const { code, out, err } = await run(...argv)
  expect([code, out]).toEqual([2, ''])
  expect(err).toContain(sentence)
})

test.each([
  [['status', '--jsno'], 'See "audit-relay status --help".'],
  [['dlq', 'list', '--jsno'], 'See "audit-relay dlq list --help".'],
  [['dlq', 'lst'], 'See "audit-relay dlq --help".'],
  [['stauts'], 'See "audit-relay --help"'],
])('%j points to the help of what was meant', async (argv, sentence) => {
  expect((await run(...argv)).err).toContain(sentence)
})

test('--max-wait may be a default, and --max-lag stand alone', async () => {
  for (const argv of [['status', '--max-lag', '5m'], ['run', '--once', '--max-wait', '1s'], ['run']])
    expect((await run(...argv)).err).not.toContain('says nothing')
})

test('a missing state in a missing folder: nobody but the operator makes the folder', async () => {
  const { code, err } = await run('status', '--state', 'gone/none.db')
  expect(code).toBe(1)
  expect(err).toContain(`the folder ${path.join(folder, 'gone')} does not exist; create it and start "audit-relay run"`)
})

test('--config may stand before or after the command', async () => {
  for (const argv of [
    ['--config', 'no.yaml', 'validate'],
    ['validate', '--config', 'no.yaml'],
  ]) {
    const { code, err } = await run(...argv)
    expect(code).toBe(78)
    expect(err).toContain('no.yaml')
  }
})

test('without a configuration the message says how to name one', async () => {
  const { code, err } = await run('validate')
  expect(code).toBe(78)
  expect(err).toContain('there is no audit-relay.yaml in this folder')
  expect(err).toContain('AUDIT_RELAY_CONFIG')
})

test('a state that is not there is one sentence and 1', async () => {
  const { code, out, err } = await run('status', '--state', 'none.db')
  expect([code, out]).toEqual([1, ''])
  expect(err.trimEnd().split('\n')).toHaveLength(1)
  expect(err).toContain('none.db')
})

test('help and version load none of the heavy libraries', () => {
  const seen = new Set<string>()
  const packages = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    const text = fs.readFileSync(file, 'utf8')
    for (const [, isType, name = ''] of text.matchAll(/^(?:import|export) (type )?(?:[^'";]*from )?'([^']+)'/gm)) {
      if (isType) continue
      if (name.startsWith('.')) visit(path.resolve(path.dirname(file), name))
      else packages.add(name)
    }
  }
  visit(path.resolve('src/cli/main.ts'))
  expect([...packages].filter((name) => !name.startsWith('node:'))).toEqual(['commander'])
  expect(seen.size).toBeGreaterThan(5)
})
