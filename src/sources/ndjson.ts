// The lines of an NDJSON answer.
import { isUtf8 } from 'node:buffer'
import { SourceError } from '../model/errors.ts'
import { JsonScanner, Scan } from '../model/json.ts'
import { afterMark } from './json-body.ts'
import { afterSpace } from './json-walk.ts'
import type { Refusal } from './page-draft.ts'
import type { FoundRecord } from './records.ts'

const NEWLINE = 0x0a

/** The lines that are not blank. A last line that is not whole means that the answer was cut off: a SourceError (transient). */
export function ndjsonLines(bytes: Uint8Array): FoundRecord[] {
  const records: FoundRecord[] = []
  const scanner = new JsonScanner()
  const clean = isUtf8(bytes)
  for (let start = afterMark(bytes); start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline < 0 ? bytes.length : newline
    const from = afterSpace(bytes, start, end)
    start = end + 1
    if (from === end) continue
    const result = scanner.scan(bytes, from, end)
    if (newline < 0 && result !== Scan.ok)
      throw new SourceError('transient', `the last line of the answer is cut off, at byte ${bytes.length}`)
    const refusal = refusalOf(result, clean || isUtf8(bytes.subarray(from, end)))
    records.push({ bytes, start: from, end, index: records.length, ...(refusal ? { refusal } : {}) })
  }
  return records
}

function refusalOf(result: number, isText: boolean): Refusal | undefined {
  if (!isText) return { reason: 'invalid_utf8', detail: 'the line is not valid UTF-8' }
  return result === Scan.syntax ? { reason: 'not_json', detail: 'the line is not valid JSON' } : undefined
}
