// A naive relay, right or wrong on purpose: what the campaign is checked with. The configuration says how it is wrong. It reads
// complete lines of every outbox file, posts them, appends them to the archive, and saves where it is. `node stand-in.ts run --config FILE`.
import {
  appendFileSync,
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/** How the relay is wrong; `right` delivers at least once. */
export type Flaw = 'right' | 'cursor_first' | 'torn_lines' | 'rewrites' | 'no_filter' | 'always_from_start'

interface Destinations {
  readonly hook: { readonly url: string }
  readonly failures: { readonly url: string }
}

const flaw = (process.env['STAND_IN'] ?? 'right') as Flaw
const config = process.argv[process.argv.indexOf('--config') + 1] as string
const folder = dirname(config)
const { destinations } = JSON.parse(readFileSync(config, 'utf8')) as { destinations: Destinations }
const maxBytes = 60_000
const offsets = savedOffsets()
let stopping = false

process.on('SIGTERM', () => (stopping = true))
process.stderr.write('relay_started\n')
while (!stopping) {
  const moved = await pass()
  if (!moved) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function pass(): Promise<boolean> {
  let moved = false
  for (const name of readdirSync(join(folder, 'outbox')).toSorted()) {
    const file = opened(join(folder, 'outbox', name))
    if (file === undefined) continue
    const { key, lines, end } = read(file)
    if (lines.length === 0) continue
    moved = true
    offsets[key] = end
    if (flaw === 'cursor_first') save()
    await deliver(lines)
    save()
  }
  return moved
}

/** Undefined when the application has renamed the file since it was listed; the next pass finds it under its new name. */
function opened(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The next complete lines of a file, which is known by its inode; closes it. */
function read(file: number): { key: string; lines: string[]; end: number } {
  const key = String(fstatSync(file).ino)
  const from = offsets[key] ?? 0
  const chunk = Buffer.alloc(maxBytes * 2)
  const size = readSync(file, chunk, 0, chunk.length, from)
  closeSync(file)
  const whole = flaw === 'torn_lines' ? size : chunk.subarray(0, size).lastIndexOf(0x0a) + 1
  const lines = chunk.subarray(0, whole).toString().split('\n')
  return { key, lines: lines.filter((line) => line !== ''), end: from + whole }
}

async function deliver(lines: readonly string[]): Promise<void> {
  await post(
    destinations.hook.url,
    lines.map((line) => dressed(line, 'hook')),
  )
  const failures = lines.filter((line) => flaw === 'no_filter' || isFailure(line))
  if (failures.length > 0)
    await post(
      destinations.failures.url,
      failures.map((line) => dressed(line, 'failures')),
    )
  appendFileSync(join(folder, 'archive', 'all.jsonl'), lines.map((line) => `${dressed(line, 'archive')}\n`).join(''))
}

function dressed(line: string, destination: string): string {
  const event = flaw === 'rewrites' ? JSON.stringify(JSON.parse(line)) : line
  const added = `"source":{"name":"app","type":"outbox"},"stream":{"destination_id":"${destination}"}}`
  return `${event.replace(/\s*}$/, '')},${added}`
}

function isFailure(line: string): boolean {
  return /"event_type":"(auth|security)\.[^]*"outcome":"failure"/.test(line)
}

async function post(url: string, events: readonly string[]): Promise<void> {
  await fetch(url, { method: 'POST', body: `[${events.join(',')}]` })
}

function savedOffsets(): Record<string, number> {
  if (flaw === 'always_from_start') return {}
  try {
    return JSON.parse(readFileSync(join(folder, 'offsets.json'), 'utf8')) as Record<string, number>
  } catch {
    return {}
  }
}

function save(): void {
  writeFileSync(join(folder, 'offsets.new'), JSON.stringify(offsets))
  renameSync(join(folder, 'offsets.new'), join(folder, 'offsets.json'))
}
