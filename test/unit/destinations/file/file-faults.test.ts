// Every single operation on files fails in turn, once and for ever, with nothing, half and all of the bytes written. Afterwards
// the same batches come again, as the delivery would send them, and everything must be there once and whole.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileKind } from '../../../../src/destinations/file/index.ts'
import type { Files } from '../../../../src/destinations/file/files.ts'
import { archivedIds } from '../../../fakes/archive-reader.ts'
import { batchNamed } from '../../../fakes/batches.ts'
import { destinationTools } from '../../../fakes/destination-tools.ts'
import { type Fault, faultyFiles } from '../../../fakes/faulty-files.ts'

const { signal } = new AbortController()
const names = ['a', 'b', 'c']
const expected = names.flatMap((name) => [0, 1, 2].map((index) => `${name}-${index}`))

/** Sends every batch until it is delivered, at most twice, then closes. False when one could not be delivered. */
async function sendAll(files: Files, path: string, gzip: boolean): Promise<boolean> {
  const archive = fileKind(files).open({ path, gzip }, destinationTools())
  let all = true
  for (const name of names) {
    let delivered = false
    for (let attempt = 0; attempt < 2 && !delivered; attempt++) {
      const outcome = await archive.send(batchNamed(name, 3), signal)
      delivered = 'verdicts' in outcome && outcome.verdicts.every((verdict) => verdict.kind === 'delivered')
    }
    all &&= delivered
  }
  await archive.close()
  return all
}

async function withFault(fault: Fault, gzip: boolean): Promise<{ hit: string | undefined; ids: string[] }> {
  const root = mkdtempSync(join(tmpdir(), 'file-faults-'))
  try {
    const path = join(root, 'archive')
    const files = faultyFiles(fault)
    const delivered = await sendAll(files, path, gzip)
    // A single failure is overcome without a restart.
    if (fault.lasts === 'once') expect(`${files.seen.failed} ${delivered}`).toBe(`${files.seen.failed} true`)
    if (fault.lasts === 'once' && fault.code === 'ENOSPC') expect(archivedIds(path)).toEqual(expected)
    expect(await sendAll(faultyFiles(), path, gzip)).toBe(true)
    return { hit: files.seen.failed, ids: archivedIds(path) }
  } finally {
    rmSync(root, { recursive: true })
  }
}

describe.each([false, true])('rows 3 to 8: gzip %s', (gzip) => {
  it.each(['once', 'dead'] as const)(
    'each operation fails in turn, %s: nothing is lost, doubled or torn',
    async (lasts) => {
      const hits = new Set<string>()
      for (const written of [0, 0.5, 1]) {
        for (let at = 1; ; at++) {
          const { hit, ids } = await withFault({ at, lasts, code: 'ENOSPC', written }, gzip)
          expect(`${at} ${hit}: ${ids.join()}`).toBe(`${at} ${hit}: ${expected.join()}`)
          if (hit === undefined) break
          hits.add(hit)
        }
      }
      // The sweep itself is checked: these were all made to fail.
      for (const name of [
        'makeFolder',
        'open create',
        'open replace',
        'append',
        'sync',
        'state',
        'rename',
        'syncFolder',
        'read',
      ])
        expect([...hits]).toContain(name)
    },
  )
})
