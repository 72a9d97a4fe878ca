import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'

const takers = 2
const rounds = 12

it('row 11: of two that take the lock at the same moment one gets it, and not neither', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'audit-relay-lock-'))
  const shared = new SharedArrayBuffer(rounds * 16)
  const workerData = { path: join(folder, 'state.db.lock'), rounds, takers, shared }
  try {
    const workers = Array.from(
      { length: takers },
      () => new Worker(new URL('lock-taker.ts', import.meta.url), { workerData }),
    )
    await Promise.all(
      workers.map((worker) => new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject))),
    )
    expect([...new Int32Array(shared, 0, rounds)]).toEqual(Array(rounds).fill(1))
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})
