// The version of this program, from its package.json: two folders up from both src/cli and dist/cli.
import { readFileSync } from 'node:fs'

export function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return manifest.version
}
