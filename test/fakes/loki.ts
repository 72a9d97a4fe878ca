// A Grafana Loki on loopback, made from "HTTP API, Ingest logs" and "Enforce rate limits and push request validation", and from what its
// maintainers say in its issues of `entry too far behind`. It stores what is sound in a request that it refuses, and an entry of a stream
// with the same time and line once.
import { Refused, vendor, type Vendor } from './log-vendors.ts'

interface Push {
  readonly streams: readonly {
    readonly stream: Readonly<Record<string, string>>
    readonly values: readonly unknown[]
  }[]
}

/** Half of max_chunk_age: how far an entry may lie behind the newest of its stream. */
const windowNs = 3_600n * 1_000_000_000n
const oldestNs = 168n * windowNs
const maxLineBytes = 256 * 1024
const label = /^[a-zA-Z_][a-zA-Z0-9_]*$/

class Stream {
  readonly entries = new Set<string>()
  newest = 0n
}

export async function startLoki(nowMs: number): Promise<Vendor> {
  const streams = new Map<string, Stream>()
  return vendor(({ method, path, headers }, body) => {
    if (method !== 'POST' || path !== '/loki/api/v1/push') throw new Refused(404, '404 page not found')
    if (headers['content-type'] !== 'application/json') throw new Refused(415, 'unsupported content type')
    const keep: string[] = []
    const ignored: string[] = []
    for (const { stream: labels, values } of (JSON.parse(body.toString()) as Push).streams) {
      const name = nameOf(labels)
      const stream = streams.get(name) ?? new Stream()
      streams.set(name, stream)
      for (const value of values) push(stream, value, { nowMs, keep, ignored })
    }
    if (ignored.length === 0) return { keep, answer: { status: 204 } }
    const said = `${ignored[0]},\nuser 'fake', total ignored: ${ignored.length} out of ${keep.length + ignored.length}`
    return { keep, answer: { status: 400, body: said } }
  }, nowMs)
}

function nameOf(labels: Readonly<Record<string, string>>): string {
  const names = Object.keys(labels)
  if (names.length === 0) throw new Refused(400, 'error at least one label pair is required per stream')
  if (names.length > 15) throw new Refused(400, `stream has ${names.length} label names; limit 15`)
  if (!names.every((name) => label.test(name))) throw new Refused(400, 'could not parse labels')
  return names
    .sort()
    .map((name) => `${name}=${labels[name]}`)
    .join()
}

function push(
  stream: Stream,
  value: unknown,
  { nowMs, keep, ignored }: { nowMs: number; keep: string[]; ignored: string[] },
): void {
  if (!Array.isArray(value) || value.length < 2 || value.some((one) => typeof one !== 'string'))
    throw new Refused(400, 'loghttp.PushRequest: Value looks like Number/Boolean/None, but can not find its end')
  const [time, line] = value as [string, string]
  if (!/^[0-9]{1,19}$/.test(time)) throw new Refused(400, `strconv.ParseInt: parsing "${time}": invalid syntax`)
  const at = BigInt(time)
  const now = BigInt(nowMs) * 1_000_000n
  if (Buffer.byteLength(line) > maxLineBytes) ignored.push(`max entry size '${maxLineBytes}' bytes exceeded for stream`)
  else if (now - at > oldestNs) ignored.push(`entry for stream has timestamp too old: ${time}`)
  else if (stream.newest - at > windowNs)
    ignored.push(
      `entry with timestamp ${time} ignored, reason: 'entry too far behind, oldest acceptable timestamp is: …'`,
    )
  else {
    if (at > stream.newest) stream.newest = at
    const entry = `${time} ${line}`
    if (!stream.entries.has(entry)) keep.push(line)
    stream.entries.add(entry)
  }
}
