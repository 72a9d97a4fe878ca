// Appends batches to daily files so that a batch is there once and whole, or not at all: intent to the journal, bytes to the
// file, each synced. After any failure everything is closed and recovered from the disk, as after a crash.
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { errorCode, type Files } from './files.ts'
import { recordLine, type JournalRecord } from './journal.ts'
import { type CurrentFile, type Distrusted, type Place, recover, type Recovered, writeJournal } from './recover.ts'

/** Somebody else changes a file while we write it. */
export class ForeignWriteError extends Error {
  override readonly name = 'ForeignWriteError'
}

/** Beyond this the journal is rewritten with what is remembered. */
const maxJournalBytes = 8 * 1024 ** 2
/** Files of one day; more means that something renames or changes each of them. */
const maxFilesOfDay = 10_000

export class Archive {
  readonly #files: Files
  readonly #place: Place
  /** `.jsonl` or `.jsonl.gz`. */
  readonly #suffix: string
  #state: Recovered | undefined
  #distrusted: Distrusted | undefined

  constructor(files: Files, place: Place, suffix: string) {
    this.#files = files
    this.#place = place
    this.#suffix = suffix
  }

  /** Opens what is there. Errors are the system's. */
  async open(): Promise<void> {
    this.#state ??= await recover(this.#files, this.#place, this.#distrusted)
  }

  /** Is this event surely in one of the files? Only after `open`. */
  has(source: string, key: string): boolean {
    return this.#state?.remembered.has(source, key) ?? false
  }

  /** Appends `bytes` to the file of `day`; resolves when they are on the disk. Only after `open`. */
  async write(bytes: Uint8Array, keys: JournalRecord['keys'], day: string): Promise<void> {
    const state = this.#state
    if (!state) throw new Error('the archive is not open')
    try {
      const current = (state.current = await this.#fileOf(state, day))
      const record = { file: current.name, offset: current.size, length: bytes.length, crc: crc32(bytes), keys }
      await this.#note(state, record)
      await this.#append(current, bytes)
      state.remembered.add(record)
    } catch (error) {
      await this.#letGo()
      throw error
    }
  }

  /** Closes the files. May be called again, and `open` after it. */
  async close(): Promise<void> {
    await this.#letGo()
  }

  async #note(state: Recovered, record: JournalRecord): Promise<void> {
    if (state.journalSize > maxJournalBytes) {
      await state.journal.close()
      Object.assign(state, await writeJournal(this.#files, this.#place, state.remembered))
    }
    const line = recordLine(record)
    await state.journal.append(line)
    await state.journal.sync()
    state.journalSize += line.length
  }

  async #append(current: CurrentFile, bytes: Uint8Array): Promise<void> {
    try {
      await current.open.append(bytes)
      await current.open.sync()
      const { size, links } = await current.open.state()
      if (size !== current.size + bytes.length || links === 0)
        throw new ForeignWriteError(`${current.name} is changed by another program`)
      current.size = size
    } catch (error) {
      await this.#rollBack(current, bytes)
      throw error
    }
  }

  /** Takes back what of `bytes` has reached the file, if nothing else has. Otherwise the file is not trusted from there on. */
  async #rollBack(current: CurrentFile, bytes: Uint8Array): Promise<void> {
    this.#distrusted = { file: current.name, offset: current.size }
    try {
      const { size } = await current.open.state()
      const end = await current.open.read(current.size, bytes.length + 1)
      if (size > current.size + bytes.length || !end.equals(bytes.subarray(0, end.length))) return
      await current.open.truncate(current.size)
      await current.open.sync()
      this.#distrusted = undefined
    } catch {
      // The first error is the one to report; the next `open` begins another file.
    }
  }

  /** The file of `day`: the present one while it is as we left it under its name, else a new one. */
  async #fileOf(state: Recovered, day: string): Promise<CurrentFile> {
    const { current } = state
    if (current?.name.startsWith(day) && current.name.endsWith(this.#suffix)) {
      const found = await this.#files.state(join(this.#place.folder, current.name))
      if (found?.inode === current.inode && found.size === current.size) return current
      state.remembered.forget(current.name)
    }
    state.current = undefined
    await current?.open.close()
    return this.#create(day)
  }

  async #create(day: string): Promise<CurrentFile> {
    for (let number = 1; number <= maxFilesOfDay; number++) {
      const name = `${day}${number === 1 ? '' : `.${number}`}${this.#suffix}`
      const open = await this.#files.open(join(this.#place.folder, name), 'create').catch((error: unknown) => {
        if (errorCode(error) !== 'EEXIST') throw error
      })
      if (!open) continue
      try {
        await this.#files.syncFolder(this.#place.folder)
        return { name, open, inode: (await open.state()).inode, size: 0 }
      } catch (error) {
        await open.close()
        throw error
      }
    }
    throw new ForeignWriteError(`there are ${maxFilesOfDay} files of ${day} already`)
  }

  async #letGo(): Promise<void> {
    const state = this.#state
    this.#state = undefined
    await Promise.allSettled([state?.journal.close(), state?.current?.open.close()])
  }
}
