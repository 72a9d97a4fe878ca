import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasReference, parseTemplate, resolveText } from '../../../src/config/references.ts'

const world = { env: { A: 'one', B_2: '${A}' }, folder: '/etc', readFile: (path: string) => Buffer.from(`${path}\n`) }
const resolved = (text: string) => resolveText(text, world, new Set())

describe('references', () => {
  test.each([
    ['plain', 'plain'],
    ['', ''],
    ['$A {A} $', '$A {A} $'],
    ['${A}', 'one'],
    ['x${A}y${A}z', 'xoneyonez'],
    ['${B_2}', '${A}'],
    ['$${A}', '${A}'],
    ['$${A}${A}', '${A}one'],
    ['${A}$${', 'one${'],
    ['${file:secret}', '/etc/secret'],
    ['${file:/run/x}', '/run/x'],
    ['${file: ./a b }', '/etc/a b'],
  ])('%j is %j', (text, value) => {
    expect(resolved(text)).toBe(value)
  })

  test.each(['${', '${}', '${A', '${A b}', '${1A}', '${A:-x}', '${file:}', '${file: }', '${env:A}'])(
    '%j is no reference',
    (text) => {
      expect(parseTemplate(text)).toEqual({ faultAt: 0 })
    },
  )

  test('what a reference gave is noted as a secret, what stood beside it is not', () => {
    const secrets = new Set<string>()
    resolveText('Bearer ${A}', world, secrets)
    expect([...secrets]).toEqual(['one'])
  })

  test('only one trailing newline of a file is removed', () => {
    const lines = (content: string) =>
      resolveText('${file:x}', { ...world, readFile: () => Buffer.from(content) }, new Set())
    expect([lines('a\n\n'), lines('a\r\n'), lines('a'), lines('\n'), lines(' a ')]).toEqual([
      'a\n',
      'a',
      'a',
      '',
      ' a ',
    ])
  })

  test('a file without measure is refused', () => {
    expect(() =>
      resolveText('${file:x}', { ...world, readFile: (_path, max) => Buffer.alloc(max + 1, 97) }, new Set()),
    ).toThrow('larger than 64 KiB')
  })

  test('a text without ${ is always itself', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('${')),
        (text) => {
          expect(hasReference(text)).toBe(false)
          expect(resolved(text)).toBe(text)
        },
      ),
    )
  })

  test('any text can be written with $${', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('$', '{', '}', 'A', '${', 'file:')), (parts) => {
        const text = parts.join('')
        fc.pre(!text.includes('$$'))
        expect(resolved(text.replaceAll('${', () => '$${'))).toBe(text)
      }),
    )
  })
})
