import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { completionCommand, wordsOf } from '../../../src/cli/commands/completion.ts'
import { buildProgram } from '../../../src/cli/program.ts'
import { fakeWorld } from './fake-world.ts'

const program = buildProgram(fakeWorld(), () => {})

function script(shell: 'bash' | 'zsh' | 'fish'): string {
  const world = fakeWorld()
  expect(completionCommand(shell, program, world)).toBe(0)
  return world.stdout.text()
}

/** What bash offers for a line whose last word is being typed. */
function offered(...line: string[]): string[] {
  const words = ['audit-relay', ...line].map((word) => `'${word}'`).join(' ')
  const ask = `${script('bash')}\nCOMP_WORDS=(${words}); COMP_CWORD=${line.length}; _audit_relay; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', ask], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  return stdout.trimEnd().split('\n')
}

test('bash offers commands, options, values and files', () => {
  expect(offered('')).toEqual(expect.arrayContaining(['run', 'validate', 'status', 'check', 'backup', 'completion']))
  expect(offered('st')).toEqual(['status'])
  expect(offered('status', '--max')).toEqual(['--max-lag'])
  expect(offered('status', '--co')).toEqual(['--config'])
  expect(offered('run', '--log-format', '')).toEqual(['auto', 'human', 'json'])
  expect(offered('completion', 'f')).toEqual(['fish'])
  expect(offered('run', '--config', 'package.j')).toEqual(['package.json'])
  expect(offered('backup', 'tsconfig.j')).toEqual(['tsconfig.json'])
  expect(offered('au')).toEqual(['audit'])
  expect(offered('audit', '--ty')).toEqual(['--type'])
  expect(offered('dlq', '')).toEqual(['list', 'show', 'stats', 'replay', 'export', 'purge', 'requests'])
  expect(offered('dlq', 'replay', '--dry')).toEqual(['--dry-run'])
  expect(offered('dlq', 'export', '--output', 'package.j')).toEqual(['package.json'])
  expect(offered('--ver')).toEqual(['--version'])
})

test.each(['bash', 'zsh', 'fish'] as const)('the %s script parses', (shell) => {
  const { error, status, stderr } = spawnSync(shell, ['-n'], { input: script(shell), encoding: 'utf8' })
  if (error) return // this shell is not installed here; the next test still reads its script
  expect([status, stderr]).toEqual([0, ''])
})

test.each(['bash', 'zsh', 'fish'] as const)('the %s script knows every command and option', (shell) => {
  const text = script(shell)
  for (const { name, options } of wordsOf(program)) {
    expect(text).toContain(name)
    for (const { long } of options) expect(text).toContain(long.slice(2))
  }
})
