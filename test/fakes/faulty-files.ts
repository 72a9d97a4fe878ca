// File operations that fail when a test says so: the nth of them, once, or from then on, as after the death of the process.
import type { Files, OpenFile } from '../../src/destinations/file/files.ts'
import { nodeFiles } from '../../src/destinations/file/files.ts'

export interface Fault {
  /** Which operation fails, counted from 1. */
  readonly at: number
  /** `once`: the next one works again. `dead`: nothing works any more. */
  readonly lasts: 'once' | 'dead'
  readonly code: string
  /** What a failing append writes before it fails, as a part of its bytes. */
  readonly written?: number
}

export interface FaultyFiles extends Files {
  /** Operations so far, and the name of the one that failed. */
  readonly seen: { count: number; failed: string | undefined }
}

/** Real files, one operation of which fails. Without a fault it only counts. */
export function faultyFiles(fault?: Fault): FaultyFiles {
  const seen: { count: number; failed: string | undefined } = { count: 0, failed: undefined }

  async function guarded<Result>(
    name: string,
    act: () => Promise<Result>,
    before?: () => Promise<void>,
  ): Promise<Result> {
    seen.count++
    const hit = fault && (fault.lasts === 'dead' ? seen.count >= fault.at : seen.count === fault.at)
    if (!hit) return act()
    if (seen.count === fault.at) await before?.()
    seen.failed ??= name
    throw Object.assign(new Error(`${fault.code}: planted in ${name}`), { code: fault.code })
  }

  function wrap(open: OpenFile): OpenFile {
    const part = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, Math.floor(bytes.length * (fault?.written ?? 0)))
    return {
      append: (bytes) =>
        guarded(
          'append',
          () => open.append(bytes),
          () => open.append(part(bytes)),
        ),
      read: (offset, length) => guarded('read', () => open.read(offset, length)),
      sync: () => guarded('sync', () => open.sync()),
      state: () => guarded('state', () => open.state()),
      truncate: (length) => guarded('truncate', () => open.truncate(length)),
      close: () => open.close(),
    }
  }

  return {
    seen,
    makeFolder: (path) => guarded('makeFolder', () => nodeFiles.makeFolder(path)),
    open: (path, how) => guarded(`open ${how}`, async () => wrap(await nodeFiles.open(path, how))),
    read: (path) => guarded('read', () => nodeFiles.read(path)),
    state: (path) => guarded('state', () => nodeFiles.state(path)),
    rename: (from, to) => guarded('rename', () => nodeFiles.rename(from, to)),
    syncFolder: (path) => guarded('syncFolder', () => nodeFiles.syncFolder(path)),
  }
}
