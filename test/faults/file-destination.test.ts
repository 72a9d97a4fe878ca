// The archive under `kill -9`: a real process is killed again and again, and each life begins with the first batch that the one
// before was not seen to deliver, as the delivery would. Every event must be there once, every line whole, every file readable.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { file } from '../../src/destinations/file/index.ts'
import { archivedIds } from '../fakes/archive-reader.ts'
import { batchNamed } from '../fakes/batches.ts'
import { destinationTools } from '../fakes/destination-tools.ts'
import { sizeOfBatch } from './archive-writer.ts'

const lives = 40
const writer = fileURLToPath(new URL('./archive-writer.ts', import.meta.url))

/** One life: killed once `batches` were delivered. Gives the number of the first batch that was not seen to be. */
async function live(folder: string, mode: string, first: number, batches: number): Promise<number> {
  const child = spawn(process.execPath, [writer, folder, mode, String(first)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_code, signal) => resolve(signal)))
  let next = first
  for await (const line of createInterface(child.stdout)) {
    next = Number(line) + 1
    if (next - first >= batches) child.kill('SIGKILL')
  }
  expect(`${await ended} ${errors}`).toBe('SIGKILL ')
  return next
}

async function writeBatch(path: string, mode: string, number: number): Promise<void> {
  const archive = file.open({ path, gzip: mode === 'gzip' }, destinationTools())
  const outcome = await archive.send(batchNamed(`b${number}`, sizeOfBatch(number)), new AbortController().signal)
  expect('verdicts' in outcome && outcome.verdicts.every(({ kind }) => kind === 'delivered')).toBe(true)
  await archive.close()
}

describe.each(['plain', 'gzip'])('row 3: an archive (%s) whose writer is killed', (mode) => {
  it(`${lives} times has every event once and no torn line`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'file-kill-'))
    try {
      let next = 0
      for (let life = 0; life < lives; life++) next = await live(folder, mode, next, 1 + (life % 7))
      // One more, here, which mends what the last one left half done and ends in peace.
      await writeBatch(folder, mode, next)
      const counts = Map.groupBy(archivedIds(folder), (id) => id)
      const delivered = Array.from({ length: next + 1 }, (_, number) =>
        Array.from({ length: sizeOfBatch(number) }, (_each, index) => `b${number}-${index}`),
      ).flat()
      expect(delivered.filter((id) => !counts.has(id))).toEqual([])
      expect([...counts].filter(([, times]) => times.length > 1).map(([id]) => id)).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
