// Standard output whose reader has stopped reading: the program must stay alive to signals and be able to end.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const writer = fileURLToPath(new URL('./stdout-writer.ts', import.meta.url))

it('a reader that has stopped keeps nobody from ending the program', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stdout-'))
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  // We are the reader, and never read.
  const pipe = openSync(path, constants.O_RDWR)
  const child = spawn(process.execPath, [writer], { stdio: ['ignore', pipe, 'pipe'] })
  try {
    const signal = AbortSignal.timeout(15_000)
    await once(child.stderr as NodeJS.ReadableStream, 'data', { signal })
    const exit = once(child, 'exit', { signal })
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
  } finally {
    child.kill('SIGKILL')
    closeSync(pipe)
    rmSync(folder, { recursive: true })
  }
}, 20_000)
