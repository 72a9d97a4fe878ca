// Reads an archive as its owner would: every data file, unpacked, line by line.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** The names of the data files, sorted. */
export function dataFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort()
}

/** The `event_id` of every line of every file. Throws on a torn line or a damaged member. */
export function archivedIds(folder: string): string[] {
  return dataFiles(folder).flatMap((name) => {
    const bytes = readFileSync(join(folder, name))
    if (bytes.length === 0) return []
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
    if (!text.endsWith('\n')) throw new Error(`${name} ends in a torn line`)
    return text
      .slice(0, -1)
      .split('\n')
      .map((line) => (JSON.parse(line) as { event_id: string }).event_id)
  })
}
