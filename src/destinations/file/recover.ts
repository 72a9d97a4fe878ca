// Brings the archive's disk and memory together at start and after every failure: which events are surely there, and where
// the next line may be appended. Cuts off what a crash left half written, and never touches what others wrote.
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type Files, errorCode, type OpenFile } from './files.ts'
import { type JournalRecord, lastRecords, parseJournal, recordLine, Remembered } from './journal.ts'

export interface Place {
  readonly folder: string
  /** Name of the journal inside the folder. */
  readonly journal: string
}

/** A place in a file from which on nothing is believed, because a sync or a roll-back failed there. */
export interface Distrusted {
  readonly file: string
  readonly offset: number
}

/** The file that lines are appended to. */
export interface CurrentFile {
  readonly name: string
  readonly open: OpenFile
  readonly inode: bigint
  size: number
}

export interface Recovered {
  readonly remembered: Remembered
  journal: OpenFile
  journalSize: number
  current: CurrentFile | undefined
}

/** Reads the journal, believes each record only after reading its bytes in the file, and repairs the end of the last file. */
export async function recover(files: Files, place: Place, distrusted?: Distrusted): Promise<Recovered> {
  await files.makeFolder(place.folder)
  const records = parseJournal((await files.read(join(place.folder, place.journal))) ?? Buffer.alloc(0))
  const believed = (record: JournalRecord): boolean =>
    record.file !== distrusted?.file || record.offset + record.length <= distrusted.offset
  const present = await presentRecords(files, place, lastRecords(records).filter(believed))
  const last = records.at(-1)
  const current =
    last && last.file !== distrusted?.file ? await reopen(files, place, last, present.includes(last)) : undefined
  const remembered = new Remembered()
  for (const record of present) remembered.add(record)
  try {
    return { remembered, current, ...(await writeJournal(files, place, remembered)) }
  } catch (error) {
    await current?.open.close()
    throw error
  }
}

/** Replaces the journal by one that holds only what is remembered. */
export async function writeJournal(
  files: Files,
  place: Place,
  remembered: Remembered,
): Promise<{ journal: OpenFile; journalSize: number }> {
  const path = join(place.folder, place.journal)
  const lines = Buffer.concat(remembered.records.map(recordLine))
  const journal = await files.open(`${path}.new`, 'replace')
  try {
    await journal.append(lines)
    await journal.sync()
    await files.rename(`${path}.new`, path)
    await files.syncFolder(place.folder)
  } catch (error) {
    await journal.close()
    throw error
  }
  return { journal, journalSize: lines.length }
}

/** Those records whose bytes are in their file. */
async function presentRecords(files: Files, place: Place, records: readonly JournalRecord[]): Promise<JournalRecord[]> {
  const present: JournalRecord[] = []
  for (const [name, ofFile] of Map.groupBy(records, (record) => record.file)) {
    const open = await openIfOurs(files, join(place.folder, name), 'read')
    if (open) present.push(...(await presentIn(open, ofFile)))
  }
  return present
}

/** Closes the file. */
async function presentIn(open: OpenFile, records: readonly JournalRecord[]): Promise<JournalRecord[]> {
  const present: JournalRecord[] = []
  try {
    for (const record of records) if (await isPresent(open, record)) present.push(record)
  } finally {
    await open.close()
  }
  return present
}

async function isPresent(open: OpenFile, record: JournalRecord): Promise<boolean> {
  const bytes = await open.read(record.offset, record.length)
  return bytes.length === record.length && crc32(bytes) === record.crc
}

/** The last file, if its end is where we left it or can be brought back there. Undefined: begin another file. */
async function reopen(
  files: Files,
  place: Place,
  last: JournalRecord,
  whole: boolean,
): Promise<CurrentFile | undefined> {
  const open = await openIfOurs(files, join(place.folder, last.file), 'extend')
  if (!open) return undefined
  try {
    const { size, inode } = await open.state()
    const ours = last.offset + (whole ? last.length : 0)
    const torn = !whole && size > last.offset && size <= last.offset + last.length
    if (torn) await cut(files, place, { open, name: last.file, from: last.offset, size })
    // What a killed process wrote may still be on its way to the disk.
    if (torn || size === ours) await open.sync()
    if (torn || size === ours) return { name: last.file, open, inode, size: ours }
  } catch (error) {
    await open.close()
    throw error
  }
  await open.close()
  return undefined
}

/** Cuts a half-written batch off. It is kept in a hidden file of its own, in case the bytes were not ours after all. */
async function cut(
  files: Files,
  place: Place,
  end: { open: OpenFile; name: string; from: number; size: number },
): Promise<void> {
  const kept = await files.open(join(place.folder, `.${end.name}.cut-${end.from}`), 'replace')
  try {
    await kept.append(await end.open.read(end.from, end.size - end.from))
    await kept.sync()
  } finally {
    await kept.close()
  }
  await end.open.truncate(end.from)
}

/** Gone, a link, or closed to us: whoever did that to a file of ours has taken it over, and another one is begun. */
const TAKEN_OVER = new Set(['ENOENT', 'ELOOP', 'EACCES', 'EPERM', 'EISDIR'])

async function openIfOurs(files: Files, path: string, how: 'read' | 'extend'): Promise<OpenFile | undefined> {
  try {
    return await files.open(path, how)
  } catch (error) {
    if (TAKEN_OVER.has(errorCode(error))) return undefined
    throw error
  }
}
