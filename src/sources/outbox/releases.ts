// Which spool files could be given back, and giving them back. Whether their events are settled is the caller's to know.
import { dirname } from 'node:path'
import { messageOf } from '../../model/errors.ts'
import type { CursorChange } from '../source.ts'
import type { Catalogue } from './catalogue.ts'
import type { Notices } from './notices.ts'
import type { OnDone } from './options.ts'
import type { OutboxFile } from './outbox-file.ts'
import { giveBack, syncFolder } from './release.ts'

export class Releases {
  readonly #onDone: OnDone
  readonly #catalogue: Catalogue
  readonly #notices: Notices

  constructor(onDone: OnDone, catalogue: Catalogue, notices: Notices) {
    this.#onDone = onDone
    this.#catalogue = catalogue
    this.#notices = notices
  }

  releasable(): string[] {
    if (this.#onDone === 'keep' || !this.#catalogue.spool) return []
    return [...this.#catalogue.all()].filter(isReleasable).map((file) => file.part)
  }

  /** Returns the cursors to forget. A file that cannot be given back is kept, said, and tried again when it is asked for again. */
  release(parts: readonly string[], signal: AbortSignal): CursorChange[] {
    const released: CursorChange[] = []
    const folders = new Set<string>()
    for (const part of parts) {
      if (signal.aborted) break
      const file = this.#catalogue.get(part)
      if (!file || !isReleasable(file) || !this.#catalogue.spool || !this.#giveBack(file)) continue
      folders.add(dirname(file.path))
      this.#catalogue.remove(file)
      released.push({ part, value: null })
    }
    for (const folder of folders) syncFolder(folder)
    return released
  }

  #giveBack(file: OutboxFile): boolean {
    if (this.#onDone === 'keep') return false
    try {
      const done = giveBack(file, this.#onDone)
      if (done) this.#notices.clear('release_failed', file.path, 'the file was given back')
      else
        this.#notices.say(
          'warning',
          'changed_before_release',
          file.path,
          'the file is no longer what was read; it is kept and read again',
        )
      return done
    } catch (error) {
      this.#notices.say(
        'error',
        'release_failed',
        file.path,
        `the file could not be given back: ${messageOf(error)}; it is tried again`,
      )
      return false
    }
  }
}

function isReleasable(file: OutboxFile): boolean {
  return file.done && file.matched && !file.queued && file.size === file.endSize && file.mtime === file.endMtime
}
