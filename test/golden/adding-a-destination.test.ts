// The page that shows how a destination is added shows what stands in the tree: each stretch of its diffs is there, in one piece. And
// what it says of a kind is true of all: nobody but the registry knows it.
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

interface Stretch {
  readonly path: string
  readonly about: string
  readonly text: string
}

function stretches(page: string): readonly Stretch[] {
  return [...page.matchAll(/^```diff\n\+\+\+ (\S+)\n([\s\S]*?)^```$/gm)].flatMap(([, path = '', diff = '']) =>
    diff
      .split(/^@@ /m)
      .slice(1)
      .map((hunk) => {
        const [about = '', ...lines] = hunk.split('\n')
        return { path, about: about.replace(' @@', ''), text: lines.map((line) => line.slice(1)).join('\n') }
      }),
  )
}

const found = stretches(read('docs/adding-a-destination.md'))

it('shows the folder, the line, the stage and the bytes', () => {
  expect(new Set(found.map(({ path }) => path)).size).toBeGreaterThanOrEqual(6)
})

it.each(found.map((stretch) => [stretch.path, stretch.about, stretch] as const))('%s: %s', (path, about, { text }) => {
  const file = read(path)
  if (about === 'the whole file') expect(`${text}\n`.trimEnd()).toBe(file.trimEnd())
  else expect(file).toContain(text)
})

/** A command that prints on standard output itself, where the test event of that kind would be in its way. */
const PRINTS: Readonly<Record<string, readonly string[]>> = { stdout: ['src/cli/commands/test-destination.ts'] }

describe('a kind is its folder and one line', () => {
  const folders = readdirSync(join(root, 'src/destinations'), { withFileTypes: true }).filter((one) => one.isDirectory())

  it.each(folders.map(({ name }) => name))('%s', (name) => {
    const imports = new RegExp(`'[./]*/(?:destinations/)?${name}/[^']*\\.ts'`, 'g')
    const known = globSync('src/**/*.ts', { cwd: root })
      .filter((path) => !path.startsWith(`src/destinations/${name}/`))
      .filter((path) => !/^src\/(?:sources|store|formats)\//.test(path))
      .flatMap((path) => (read(path).match(imports) ?? []).map(() => path))
    expect(known.sort()).toEqual([...(PRINTS[name] ?? []), 'src/destinations/index.ts'])
  })
})
