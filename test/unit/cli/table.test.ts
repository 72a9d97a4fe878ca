import { expect, test } from 'vitest'
import { renderTable } from '../../../src/cli/table.ts'
import { cut, textWidth, wrap } from '../../../src/cli/text-width.ts'

const columns = [{ title: 'NAME' }, { title: 'COUNT', align: 'right' as const }, { title: 'NOTE', yields: 1 }]
const row = (...texts: string[]) => texts.map((text) => ({ text }))

test('columns align, numbers to the right, without spaces at the end of a line', () => {
  expect(renderTable(columns, [row('a', '1', 'x'), row('longer', '1,000', '')], { width: undefined })).toEqual([
    'NAME    COUNT  NOTE',
    'a           1  x',
    'longer  1,000',
  ])
})

test('scripts of double width and joined pictures align', () => {
  const lines = renderTable(columns, [row('監査', '1', 'x'), row('👩‍💻e\u0301', '2', 'x')], { width: undefined })
  expect(lines).toEqual(['NAME  COUNT  NOTE', '監査      1  x', '👩‍💻e\u0301       2  x'])
})

test('what matters least goes first when there is no room, then the name is cut', () => {
  const rows = [row('a-very-long-destination-name', '1', 'note')]
  expect(renderTable(columns, rows, { width: 36 })).toEqual([
    'NAME                          COUNT',
    'a-very-long-destination-name      1',
  ])
  expect(renderTable(columns, rows, { width: 20 })).toEqual(['NAME           COUNT', 'a-very-long-…      1'])
})

test('paint does not count as width', () => {
  const red = (text: string) => `\u001b[31m${text}\u001b[39m`
  const lines = renderTable(columns, [[{ text: 'a', paint: red }, ...row('1', 'x')]], { width: undefined })
  expect(lines[1]).toBe('\u001b[31ma\u001b[39m         1  x')
})

test('cell text cannot steer the terminal', () => {
  expect(renderTable(columns, [row('\u001b[2J', '1', 'a\nb')], { width: undefined })[1]).toBe(
    '\\u001b[2J      1  a\\nb',
  )
})

test.each([
  ['plain', 5],
  ['Zoë', 3],
  ['e\u0301', 1],
  ['監査', 4],
  ['ｆｕｌｌ', 8],
  ['👩‍💻', 2],
  ['❤️', 2],
  ['한국', 4],
])('%s takes %d columns', (text, width) => {
  expect(textWidth(text)).toBe(width)
})

test('cutting never splits a character', () => {
  expect(cut('監査ログ', 5)).toBe('監査…')
  expect(cut('監査ログ', 4)).toBe('監…')
  expect(cut('short', 10)).toBe('short')
})

test('wrapping keeps long words whole', () => {
  expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrap('/a/very/long/path is', 5)).toEqual(['/a/very/long/path', 'is'])
})
