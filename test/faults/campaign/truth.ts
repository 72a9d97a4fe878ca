// What the application under audit says: event `ordinal` is a function of the seed, so that the oracle need not remember it.
import { chance, type Chance } from './chance.ts'

const types = [
  'auth.login_failed',
  'auth.login_succeeded',
  'user.role_changed',
  'security.key_created',
  'document.exported',
] as const
const outcomes = ['success', 'failure', 'unknown'] as const
/** Text that has broken programs of this sort: as JSON source, so that its very bytes must survive. */
const texts = [
  'plain',
  'Zoë Müller',
  '山田 花子 👩‍💻',
  '\\u0000\\ud83d\\ude00\\u00e9',
  '}],\\"source\\":{\\"name\\":\\"x\\"}',
  '\\\\\\"\\/\\b\\f\\n\\r\\t',
  '\u2028\u2029',
  '\\",\\"event_id\\":\\"',
] as const
const values = [
  '9007199254740993',
  '-0',
  '1.0',
  '1e2',
  '1E400',
  'null',
  '[]',
  '{"__proto__":{"a":[1,{"b":[]}]},"constructor":1}',
] as const

export interface Truth {
  /** The line of an event, without its newline. */
  line(ordinal: number): Buffer
  /** The ordinal in an `event_id` of this truth, or -1. */
  ordinalOf(eventId: string): number
  /** Whether `{ types: [auth.*, security.*], outcome: failure }` passes the event. */
  isFailure(ordinal: number): boolean
}

export function truth(seed: number): Truth {
  const name = `c${seed.toString(16)}-`
  return {
    line: (ordinal) => Buffer.from(lineText(`${name}${ordinal}`, ordinal, drawOf(seed, ordinal))),
    ordinalOf: (eventId) => {
      const digits = eventId.startsWith(name) ? eventId.slice(name.length) : ''
      return /^(0|[1-9]\d*)$/.test(digits) ? Number(digits) : -1
    },
    isFailure: (ordinal) => {
      const { type, outcome } = headOf(ordinal, drawOf(seed, ordinal))
      return outcome === 'failure' && (type.startsWith('auth.') || type.startsWith('security.'))
    },
  }
}

function drawOf(seed: number, ordinal: number): Chance {
  return chance((seed ^ Math.imul(ordinal + 1, 0x9e3779b1)) >>> 0)
}

function headOf(ordinal: number, draw: Chance) {
  return {
    type: types[draw.between(0, types.length)] as string,
    outcome: outcomes[draw.between(0, outcomes.length)] as string,
    at: new Date(Date.UTC(2026, 4, 17) + ordinal * 13).toISOString(),
  }
}

function lineText(id: string, ordinal: number, draw: Chance): string {
  const { type, outcome, at } = headOf(ordinal, draw)
  const gap = draw.between(0, 4) === 0 ? ' ' : ''
  const text = texts[draw.between(0, texts.length)] as string
  const value = values[draw.between(0, values.length)] as string
  // Most events are small; a few are far larger than a read or a page likes.
  const size = draw.between(0, 400) === 0 ? draw.between(20_000, 90_000) : draw.between(0, 300)
  return (
    `{"event_id":${gap}"${id}","event_type":"${type}",${gap}"occurred_at":"${at}","actor":{"kind":"user","label":"${text}"},` +
    `"outcome":"${outcome}","data":{"value":${value},${gap}"pad":"${'x'.repeat(size)}"},"context":{"ip":"192.0.2.7"}${gap}}`
  )
}
