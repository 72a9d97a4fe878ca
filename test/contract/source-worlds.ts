// For each kind of source a small world that it reads: the contract suite fills it and does not know what it is made of.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export interface SourceWorld {
  /** As in YAML. */
  readonly options: unknown
  /** Makes records appear, one for each id. */
  add(ids: readonly string[]): void
  /** Makes bytes appear as they are. */
  addRaw(bytes: Uint8Array): void
  remove(): void
}

function outboxWorld(): SourceWorld {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'source-'))
  const file = (index: number): string => path.join(folder, `${index}.jsonl`)
  return {
    options: { path: path.join(folder, '*.jsonl') },
    add: (ids) => {
      for (const [index, id] of ids.entries()) fs.appendFileSync(file(index % 3), `${record(id)}\n`)
    },
    addRaw: (bytes) => fs.appendFileSync(file(0), bytes),
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  }
}

function spoolWorld(): SourceWorld {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'source-'))
  let count = 0
  const drop = (bytes: string | Uint8Array): void => {
    const name = `${count++}.json`
    fs.writeFileSync(path.join(folder, `.${name}`), bytes)
    fs.renameSync(path.join(folder, `.${name}`), path.join(folder, name))
  }
  return {
    options: { path: folder, on_done: 'delete' },
    add: (ids) => drop(ids.map((id) => `${record(id)}\n`).join('')),
    addRaw: drop,
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  }
}

function record(id: string): string {
  return JSON.stringify({ event_id: id, event_type: 'a.b', occurred_at: '2026-05-17T08:00:00Z', data: { id } })
}

/** A new kind brings a world here; the suite fails until it does. */
export const WORLDS: Readonly<Record<string, Readonly<Record<string, () => SourceWorld>>>> = {
  outbox: { 'growing files': outboxWorld, 'a spool folder': spoolWorld },
}
