#!/usr/bin/env node
// Checks the Node version before anything is loaded (an old Node crashes inside the SQLite binding), then starts the CLI.
const wanted = [22, 19]
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < wanted[0] || (major === wanted[0] && minor < wanted[1])) {
  process.stderr.write(
    `audit-relay needs Node ${wanted.join('.')} or newer, and this is Node ${process.versions.node} (${process.execPath}).\n` +
      'In a clone, "npm run -s relay -- COMMAND" runs it with the Node that "npm ci" brought.\n',
  )
  process.exitCode = 1
} else {
  const { existsSync } = await import('node:fs')
  // A checkout runs its TypeScript as it is; an installed package has only the built files.
  const source = new URL('../src/cli/main.ts', import.meta.url)
  await import(existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href)
}
