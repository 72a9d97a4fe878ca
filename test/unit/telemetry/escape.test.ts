import { expect, test } from 'vitest'
import { jsonLine, printable, withoutSecrets } from '../../../src/telemetry/escape.ts'

test.each([
  ['a second line', 'one\ntwo\r\tthree', 'one\\ntwo\\r\\tthree'],
  ['a terminal command', '\u001b]0;owned\u0007', '\\u001b]0;owned\\u0007'],
  ['C1 controls, which some terminals obey', '\u009b31m', '\\u009b31m'],
  ['text that is turned around', 'user\u202egnp.exe', 'user\\u202egnp.exe'],
  ['separators that some tools take for line ends', 'a\u2028b\u0085c', 'a\\u2028b\\u0085c'],
  ['ordinary text of any script', 'Zoë 監査 👩‍💻', 'Zoë 監査 👩‍💻'],
])('%s becomes printable', (_name, text, shown) => {
  expect(printable(text)).toBe(shown)
})

test('a JSON line is one line, reads back the same, and carries no control to a terminal', () => {
  const value = { text: 'a\n\u009b31m\u2028\u202e"\\' }
  const line = jsonLine(value)
  expect(line).toMatch(/^[\x20-\x7e]+$/)
  expect(JSON.parse(line)).toEqual(value)
})

test('secrets are taken out wherever they stand, short ones are not', () => {
  expect(withoutSecrets('token hunter22 and hunter22!', ['hunter22'])).toBe('token [secret] and [secret]!')
  expect(withoutSecrets('a banana', ['a'])).toBe('a banana')
})
