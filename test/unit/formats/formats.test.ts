// Each format against the schema that is published for it, and against the promise that nothing of an event is lost in it.
import { readFileSync } from 'node:fs'
import { CloudEvent, HTTP } from 'cloudevents'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ECS_ROWS } from '../../../src/formats/ecs-rules.ts'
import { dressing, type Format, FORMATS } from '../../../src/formats/format.ts'
import { ROWS } from '../../../src/formats/ocsf-rows.ts'
import { Tag } from '../../../src/model/event.ts'
import { JsonScanner, Scan } from '../../../src/model/json.ts'
import { batchOf } from '../../fakes/batches.ts'
import { ALLOWED_TYPES, ecsFields } from './ecs-fields.ts'
import { ocsfFaults } from './ocsf-rules.ts'
import { SAMPLES } from './samples.ts'

type Json = Readonly<Record<string, unknown>>
const names = Object.keys(SAMPLES)
const others = FORMATS.filter((format) => format !== 'canonical')

function written(format: Format, texts: readonly string[], tags = 0): readonly string[] {
  const dress = dressing(format, null)
  return batchOf(texts, () => ({ tags })).events.map((event) =>
    Buffer.from(dress.write(event, 'siem') ?? '').toString(),
  )
}

function sampleIn(format: Format, name: string): Json {
  return JSON.parse(written(format, [SAMPLES[name] as string])[0] as string) as Json
}

/** Every text, number and word of a value. Texts that hold JSON are looked into. */
function leavesOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(leavesOf)
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leavesOf)
  return [String(value)]
}

/** As `leavesOf`, numbers as they are written. */
function spelledLeaves(text: string): readonly string[] {
  return leavesOf(
    JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' ? `#${context?.source}` : value,
    ),
  )
}

/** Of the same value, without the copy of the whole text. */
function withoutRaw(event: Json): string {
  const { raw_data: _raw, ...rest } = event
  const { original: _original, ...others } = (rest['event'] ?? {}) as Json
  return JSON.stringify({ ...rest, event: others })
}

describe.each(others)('%s', (format) => {
  it('holds every value of the event, spelled as it was', () => {
    for (const text of Object.values(SAMPLES)) {
      const made = written(format, [text])[0] as string
      const there = new Set(spelledLeaves(made))
      const raw = JSON.parse(made) as { raw_data?: string; event?: { original?: string } }
      const original = raw.raw_data ?? raw.event?.original
      if (original !== undefined) expect(original).toBe(text)
      for (const leaf of original === undefined ? spelledLeaves(text) : []) expect(there).toContain(leaf)
    }
  })

  it('holds every value beside the copy of the text, too, whatever the event is', () => {
    const value = fc.jsonValue({ maxDepth: 2 })
    const member = fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), value, { maxKeys: 3 })
    const part = fc.oneof(member, fc.constant({ kind: 'user', id: 'u-1', label: 'a@b.cd' }), value)
    const event = fc.record({
      event_id: fc.string({ minLength: 1 }),
      event_type: fc.constantFrom('user.signed_in', 'user.created', 'group.deleted', 'a.b', 'api.called'),
      actor: part,
      target: part,
      tenant: part,
      context: fc.oneof(part, fc.constant({ ip: '::1', user_agent: 'x' })),
      outcome: fc.oneof(value, fc.constantFrom('success', 'failure')),
      data: value,
      other: value,
    })
    fc.assert(
      fc.property(event, (one) => {
        const text = JSON.stringify({ ...one, occurred_at: '2026-05-17T08:00:00Z', source: { name: 'app', type: 'x' } })
        const made = JSON.parse(written(format, [text])[0] as string) as Json
        const there = new Set(leavesOf(JSON.parse(withoutRaw(made))))
        // Outcomes and kinds of one closed set are said in the words of the other.
        const said = new Set(['success', 'failure', 'unknown'])
        for (const leaf of leavesOf(JSON.parse(text))) if (!said.has(leaf)) expect(there).toContain(leaf)
      }),
      { numRuns: 300 },
    )
  })

  it('copies numbers, nesting and the order of keys of `data` byte for byte', () => {
    const data = '{"z":1.0,"a":{"deep":[1e400,-0.0,"\\u00e9", 18446744073709551615 ]},"b":"\\/"}'
    const text = `{"event_id":"1","event_type":"a.b","occurred_at":"2026-05-17T08:00:00Z","data":${data}}`
    expect(written(format, [text])[0]).toContain(`"data":${format === 'cloudevents' ? text.slice(0, -1) : data}`)
    expect(written(format, [text])[0]).toContain(data)
  })

  it('says what the relay knows of the delivery, tags included', () => {
    const made = written(format, [SAMPLES['minimal'] as string], Tag.duplicateKeys)[0] as string
    expect(made).toContain(
      '"stream":{"destination_id":"siem","attempt":1,"first_attempted_at":"2026-05-17T08:00:00.000Z","tags":["duplicate_keys"]}',
    )
  })

  it('holds no key twice, though the event have one twice at its top', () => {
    const scanner = new JsonScanner()
    const twice = '{"actor":{"id":"u-1"},"actor":{"id":"u-2"},"x":1,"x":2,"event_id":"1","event_type":"a.b"}'
    const texts = format === 'cloudevents' ? [] : [twice]
    for (const text of [...Object.values(SAMPLES).filter((one) => one !== SAMPLES['odd']), ...texts]) {
      const made = Buffer.from(written(format, [text])[0] as string)
      expect(scanner.scan(made, 0, made.length)).toBe(Scan.ok)
      expect(scanner.duplicateKeys).toBe(false)
    }
  })

  it('does not make an event of what is none', () => {
    for (const text of ['[1]', '{"a":', '"x"', '']) {
      const event = batchOf([text]).events[0]
      expect(event && dressing(format, null).write(event, 'siem')).toBeUndefined()
    }
  })
})

it('every row of the tables is documented', () => {
  const page = readFileSync('docs/formats.md', 'utf8')
  const rows = [...Object.values(ROWS).flat(), ...ECS_ROWS]
  expect(rows.length).toBeGreaterThan(100)
  for (const row of rows) {
    // Constants of the schema are no mapping.
    if (!['metadata.version', 'metadata.profiles'].includes(row.to)) expect(page).toContain(`\`${row.to}\``)
    const name = 'from' in row ? row.from.split('.').at(-1) : undefined
    if (name !== undefined) expect(page).toMatch(new RegExp(`[.\`]${name}\``))
  }
})

describe('ocsf', () => {
  it.each(names)('%s is valid', (name) => {
    expect(ocsfFaults(sampleIn('ocsf', name))).toEqual([])
  })

  it.each([
    ['signed-in', 300201, 1, 1],
    ['login-failed', 300201, 2, 3],
    ['login-failed-by-nobody', 99, 2, 3],
    ['signed-out', 300202, 1, 1],
    ['user-created', 300101, 1, 1],
    ['password-changed', 300103, 1, 1],
    ['account-locked', 300109, 1, 3],
    ['mfa-disabled', 300111, 0, 2],
    ['group-member-added', 300603, 0, 1],
    ['key-created', 300401, 1, 3],
    ['document-exported', 300402, 1, 1],
    ['api-called', 600399, 0, 1],
    ['unlike', 99, 99, 1],
    ['minimal', 99, 0, 1],
    ['odd', 300201, 2, 3],
  ])('%s becomes %i', (name, type, status, severity) => {
    expect(sampleIn('ocsf', name)).toMatchObject({ type_uid: type, status_id: status, severity_id: severity })
  })

  it('the reader finds what is wrong', () => {
    const good = sampleIn('ocsf', 'signed-in')
    const { user: _user, ...withoutUser } = good
    const { service: _service, ...withoutService } = good
    expect(ocsfFaults(withoutUser)).toEqual(['event.user: missing'])
    expect(ocsfFaults(withoutService)).toEqual(['event: needs one of service, dst_endpoint'])
    expect(ocsfFaults({ ...good, extra: 1 })).toEqual(['event.extra: unknown'])
    expect(ocsfFaults({ ...good, user: { type_id: 5 } })).toHaveLength(2)
    expect(ocsfFaults({ ...good, type_uid: 1 })).toHaveLength(1)
  })
})

describe('ecs', () => {
  const fields = ecsFields()

  function leafPaths(value: unknown, path: string): readonly string[] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path]
    return Object.entries(value).flatMap(([key, inner]) => leafPaths(inner, path === '' ? key : `${path}.${key}`))
  }

  it.each(names)('%s: every field is one of the schema, but those under audit_relay', (name) => {
    const { audit_relay: own, ...event } = sampleIn('ecs', name)
    expect(own).toHaveProperty('stream')
    const unknown = leafPaths(event, '').filter((path) => !fields.has(path) && !path.startsWith('labels.'))
    expect(unknown).toEqual([])
    expect(fields.size).toBeGreaterThan(1000)
  })

  it.each(names)('%s: category and type go together, labels are texts', (name) => {
    const { event, labels } = sampleIn('ecs', name) as { event: Json; labels?: Json }
    const [category] = (event['category'] ?? []) as string[]
    const allowed = category === undefined ? null : ALLOWED_TYPES[category]
    if (category !== undefined) expect(allowed).toBeDefined()
    for (const type of event['type'] as string[]) if (allowed) expect(allowed).toContain(type)
    expect(['success', 'failure', 'unknown']).toContain(event['outcome'])
    for (const value of Object.values(labels ?? {})) expect(typeof value).toBe('string')
  })

  it('a time that receivers would refuse is said in their way, and kept', () => {
    const made = sampleIn('ecs', 'odd-time')
    expect(made['@timestamp']).toBe('2026-05-17T08:00:00.000Z')
    expect(made['audit_relay']).toMatchObject({ occurred_at: '2026-06-30 23:59:60.5+19:30' })
  })

  it('what is no address does not stand where addresses are', () => {
    expect(sampleIn('ecs', 'odd')).not.toHaveProperty('source')
    expect(sampleIn('ecs', 'odd')).toMatchObject({ audit_relay: { 'actor.id': 'spoofed', target: 'just text' } })
    expect(sampleIn('ecs', 'odd')).toMatchObject({ user: { id: 'u-esc' } })
  })
})

describe('cloudevents', () => {
  it.each(names)('%s is read by the official library, strictly', (name) => {
    const body = written('cloudevents', [SAMPLES[name] as string])[0] as string
    const message = { headers: { 'content-type': 'application/cloudevents+json' }, body }
    const event = HTTP.toEvent(message) as CloudEvent<Json>
    expect(event.validate()).toBe(true)
    expect(event.type).not.toBe('')
    expect(event.data).toMatchObject(JSON.parse(SAMPLES[name] as string) as object)
  })

  it('holds the event as in the canonical form, with stream at its end', () => {
    const text = SAMPLES['signed-in'] as string
    const [made] = written('cloudevents', [text])
    expect(made).toContain(`"data":${text.slice(0, -1)},"stream":{`)
  })

  it('control characters stay out of attributes', () => {
    expect(sampleIn('cloudevents', 'odd')).toMatchObject({ id: 'b6%07', type: 'user.signed_in' })
  })
})
