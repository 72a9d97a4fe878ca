// The room rules are rules only if they turn red: one planted violation for each kind of rule.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'rooms-'))
afterAll(() => rmSync(folder, { recursive: true }))

const planted: readonly (readonly [file: string, line: string, rule: string | undefined])[] = [
  ['src/model/a.ts', "import '../store/store.ts'", 'model may import nothing'],
  ['src/sources/a.ts', "import '../polling/poller.ts'", 'sources may import'],
  ['src/sources/outbox/a.ts', "import '../../store/store.ts'", 'sources may import'],
  ['src/sources/outbox/b.ts', "import '../zitadel/index.ts'", 'a kind does not know its siblings'],
  ['src/polling/a.ts', "import '../delivery/dispatcher.ts'", 'polling may import'],
  ['src/polling/b.ts', "import '../store/sqlite/open.ts'", 'polling knows ports'],
  ['src/delivery/a.ts', "import '../destinations/webhook/index.ts'", 'delivery knows ports'],
  ['src/upkeep/a.ts', "import '../cli/relay.ts'", 'upkeep may import'],
  ['src/delivery/e.ts', "import '../upkeep/upkeep.ts'", 'delivery may import'],
  ['src/telemetry/a.ts', "import 'chalk'", 'only cli uses chalk'],
  ['src/destinations/a.ts', "import 'oauth4webapi'", 'only runtime uses oauth4webapi'],
  ['src/delivery/b.ts', 'export const now = Date.now()', 'take the Clock'],
  ['src/delivery/c.ts', "export const home = process.env['HOME']", 'only cli reads the environment'],
  ['src/delivery/d.ts', "import type { Store } from '../store/store.ts'\nexport type A = Store", undefined],
  ['src/sources/outbox/c.ts', "import '../page-draft.ts'", undefined],
]

it.each(planted)('%s: %s', (file, line, rule) => {
  const config = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as Record<string, unknown>
  writeFileSync(join(folder, '.oxlintrc.json'), JSON.stringify({ ...config, options: {} }))
  mkdirSync(join(folder, dirname(file)), { recursive: true })
  writeFileSync(join(folder, file), `${line}\n`)
  const found = lint(file)
  if (rule === undefined) expect(found).not.toContain('rooms:')
  else expect(found).toContain(rule)
})

function lint(file: string): string {
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
  try {
    return execFileSync(process.execPath, [oxlint, file], { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    return String((error as { stdout: unknown }).stdout)
  }
}
