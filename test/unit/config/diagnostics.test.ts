import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { formatFaults } from '../../../src/config/diagnostics.ts'
import type { ConfigFault } from '../../../src/model/errors.ts'

const plain = { colour: false, cwd: '/etc/relay' }
const fault: ConfigFault = {
  file: '/etc/relay/audit-relay.yaml',
  line: 10,
  column: 3,
  length: 5,
  severity: 'error',
  message: 'unknown key "filtr"',
  hint: 'did you mean "filter"?',
  frame: { first: 9, lines: ['a:', '\tfiltr: {}', 'b:'] },
}

test('a fault is its place, its sentence, the lines with a mark, and what to do', () => {
  expect(formatFaults([fault], plain)).toBe(
    [
      'audit-relay.yaml:10:3  error  unknown key "filtr"',
      '     9 | a:',
      '  > 10 | \tfiltr: {}',
      '       | \t ^^^^^',
      '    11 | b:',
      '  → did you mean "filter"?',
      '',
      '1 error',
    ].join('\n'),
  )
})

test('a fault without a place, outside the folder', () => {
  expect(formatFaults([{ file: '/x/y.yaml', severity: 'error', message: 'there is no such file' }], plain)).toBe(
    '/x/y.yaml  error  there is no such file\n\n1 error',
  )
})

test('faults come in the order of their places and are counted', () => {
  const text = formatFaults(
    [fault, { ...fault, line: 2, severity: 'warning' }, { ...fault, line: 10, column: 1 }],
    plain,
  )
  expect([...text.matchAll(/yaml:(\d+:\d+)/g)].map((match) => match[1])).toEqual(['2:3', '10:1', '10:3'])
  expect(text.endsWith('\n\n2 errors, 1 warning')).toBe(true)
})

test('colour changes nothing but colour', () => {
  const coloured = formatFaults([fault], { ...plain, colour: true })
  expect(coloured).toContain('\u001b[')
  expect(stripVTControlCharacters(coloured)).toBe(formatFaults([fault], plain))
})

test('the file cannot write to the terminal', () => {
  const hostile = { ...fault, message: 'a\u001b[2Jb\u202ec', frame: { first: 10, lines: ['\u001b]0;x\u0007'] } }
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  expect(formatFaults([hostile], plain)).not.toMatch(/[\u001b\u0007\u202e]/)
})

test('a mark never runs past its line', () => {
  const long = formatFaults([{ ...fault, length: 500 }], plain)
  expect(long).toContain('| \t ^^^^^^^^\n')
})
