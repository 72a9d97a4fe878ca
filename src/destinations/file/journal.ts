// What is kept beside the archive to recognise, after a crash, what has been written: before a batch is appended, a record
// says where, how long, its checksum, and whose events they are. Text and memory only; `recover.ts` compares it with the disk.
import { crc32 } from 'node:zlib'

/** An intent to append; whether it was carried out is read from the file itself. */
export interface JournalRecord {
  readonly file: string
  readonly offset: number
  readonly length: number
  /** Of the appended bytes. */
  readonly crc: number
  /** By source, the keys of the events in hex, one after the other. Sources may use the same event ids. */
  readonly keys: Readonly<Record<string, string>>
}

/** How many events are remembered. After a crash at most a group of settlements (2,000 events) and a batch come again. */
const rememberedEvents = 16_384
/** ... and how many bytes of them, because all of it is read again at start. */
const rememberedBytes = 64 * 1024 ** 2
const keyLength = 32

const NAME = /^\d{4}-\d{2}-\d{2}(\.\d{1,5})?\.jsonl(\.gz)?$/

/** One line: the checksum of what follows, and the record. */
export function recordLine(record: JournalRecord): Buffer {
  const text = JSON.stringify(record)
  return Buffer.from(`${hex(crc32(text))} ${text}\n`)
}

/** The records up to the first line that is torn or damaged. */
export function parseJournal(bytes: Buffer): JournalRecord[] {
  const records: JournalRecord[] = []
  for (let at = 0; ;) {
    const end = bytes.indexOf(10, at)
    const record = end < 0 ? undefined : parseLine(bytes.toString('utf8', at, end))
    if (!record) return records
    records.push(record)
    at = end + 1
  }
}

function parseLine(line: string): JournalRecord | undefined {
  const text = line.slice(9)
  if (line.slice(0, 9) !== `${hex(crc32(text))} `) return undefined
  const record = JSON.parse(text) as JournalRecord
  return NAME.test(record.file) ? record : undefined
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0')
}

/** The events written last, as records, bounded. */
export class Remembered {
  #records: JournalRecord[] = []
  #events = 0
  #bytes = 0
  readonly #keys = new Map<string, Set<string>>()

  get records(): readonly JournalRecord[] {
    return this.#records
  }

  has(source: string, key: string): boolean {
    return this.#keys.get(source)?.has(key) ?? false
  }

  add(record: JournalRecord): void {
    this.#records.push(record)
    this.#count(record, 1)
    this.#eachKey(record, (keys, key) => keys.add(key))
    for (let first = this.#records[0]; first && this.#over(first); first = this.#records[0]) this.#drop(first)
  }

  /** The file is not ours alone any more: what was written there must not hold back what comes again. */
  forget(file: string): void {
    for (const record of this.#records.filter((each) => each.file === file)) this.#drop(record)
  }

  /** Would the bounds still be met without it? Then it may go. */
  #over(first: JournalRecord): boolean {
    return (
      this.#events - eventsOf(first) >= rememberedEvents || (this.#bytes > rememberedBytes && this.#records.length > 1)
    )
  }

  #drop(record: JournalRecord): void {
    this.#records.splice(this.#records.indexOf(record), 1)
    this.#count(record, -1)
    this.#eachKey(record, (keys, key) => keys.delete(key))
  }

  #count(record: JournalRecord, sign: 1 | -1): void {
    this.#events += sign * eventsOf(record)
    this.#bytes += sign * record.length
  }

  #eachKey(record: JournalRecord, act: (keys: Set<string>, key: string) => void): void {
    for (const [source, text] of Object.entries(record.keys)) {
      const keys = this.#keys.get(source) ?? new Set<string>()
      this.#keys.set(source, keys)
      for (let at = 0; at < text.length; at += keyLength) act(keys, text.slice(at, at + keyLength))
    }
  }
}

function eventsOf(record: JournalRecord): number {
  return Object.values(record.keys).reduce((sum, text) => sum + text.length / keyLength, 0)
}

/** The last records of a journal, as many as are remembered. */
export function lastRecords(records: readonly JournalRecord[]): readonly JournalRecord[] {
  const remembered = new Remembered()
  for (const record of records) remembered.add(record)
  return remembered.records
}
