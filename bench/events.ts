// The load: realistic canonical events, the same for the same count on every machine. About 630 bytes each, two thirds with a
// letter outside ASCII, a tenth with one outside Latin-1. The ordinal stands in the last 12 digits of `event_id`.
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Changes whenever the bytes do, so that no old file is measured. */
const version = 1
const firstEventAt = Date.UTC(2026, 4, 17, 8)
const linesPerWrite = 2_000

const asciiNames = [
  'Alice Novak',
  'Bob Carter',
  'Priya Raman',
  'Tom Becker',
  'svc-deploy',
  'Grace Okoro',
  'login-guard',
  'Nina Rossi',
]
const latinNames = [
  'Zoë Lindqvist',
  'José Álvarez',
  'Jörg Müller',
  'Åsa Bergström',
  'François Lefèvre',
  'Íñigo Núñez',
  'Søren Kjær',
]
const wideNames = ['山田 花子', 'Łukasz Wójcik', 'Олена Шевченко', 'Νίκος Παπαδόπουλος', '김민준', 'Đặng Thị Hoa 🔐']
const agents = [
  'Mozilla/5.0 (X11; Linux x86_64) Firefox',
  'Mozilla/5.0 (Macintosh) Safari',
  'Mozilla/5.0 (Windows NT 10.0) Chrome',
  'okhttp',
  'python-requests',
]
const tenants = ['acme', 'globex', 'initech', 'umbrella', 'hooli', 'stark', 'wayne', 'tyrell']
const methods = ['password', 'passkey', 'totp', 'sso_saml', 'sso_oidc']
const roles = ['viewer', 'editor', 'owner', 'auditor', 'billing_admin']
const reasons = ['wrong_password', 'expired', 'locked', 'not_allowed', 'unknown_device']

/** Every `event_type` begins with one of these. */
export const TYPE_PREFIXES = ['auth.', 'user.', 'security.', 'document.', 'billing.', 'org.'] as const

type Draw = (below: number) => number
type Shape = readonly [type: string, target: string, data: (draw: Draw) => string]

const shapes: readonly Shape[] = [
  ['auth.login_succeeded', 'session', signIn],
  ['auth.login_failed', 'account', failedSignIn],
  ['user.signed_in', 'session', signIn],
  ['user.role_changed', 'user', roleChange],
  ['user.profile_updated', 'user', profileChange],
  ['security.api_key_created', 'api_key', keyCreated],
  ['security.mfa_reset', 'user', failedSignIn],
  ['document.exported', 'document', documentExport],
  ['document.shared', 'document', documentExport],
  ['billing.invoice_posted', 'invoice', invoice],
  ['billing.payment_failed', 'payment', invoice],
  ['org.member_invited', 'user', roleChange],
]

/** Makes one line after the other, newline included. */
export function eventLines(): (ordinal: number) => string {
  let state = 0x9e3779b9
  // xorshift32: the load must be the same everywhere, not unpredictable.
  const draw: Draw = (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
  return (ordinal) => line(ordinal, draw)
}

/** The file of `count` events; written once and kept in the machine's temporary folder. */
export function eventFile(count: number): string {
  const folder = join(tmpdir(), 'audit-relay-bench')
  const path = join(folder, `events-v${version}-${count}.jsonl`)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  const unfinished = `${path}.${process.pid}`
  const file = openSync(unfinished, 'w')
  const next = eventLines()
  for (let ordinal = 0; ordinal < count;) {
    let text = ''
    for (const end = Math.min(ordinal + linesPerWrite, count); ordinal < end; ordinal++) text += next(ordinal)
    writeSync(file, text)
  }
  closeSync(file)
  renameSync(unfinished, path)
  return path
}

function line(ordinal: number, draw: Draw): string {
  const [type, target, data] = pick(shapes, draw)
  const at = firstEventAt + ordinal * 37 + draw(30)
  const user = draw(2_000)
  const kind = draw(10)
  const fate = draw(50)
  return (
    `{"event_id":"${eventId(ordinal, at, draw)}","event_type":"${type}","occurred_at":"${new Date(at).toISOString()}",` +
    `"tenant":{"id":"t-${4_000 + (user & 7)}","slug":"${tenants[user & 7]}"},` +
    `"actor":{"kind":"${kind < 8 ? 'user' : kind < 9 ? 'service' : 'system'}","id":"${userId(user)}","label":"${name(draw)}"},` +
    `"target":{"kind":"${target}","id":"${hex(draw, 8)}${hex(draw, 8)}${hex(draw, 8)}"},` +
    `"outcome":"${fate < 40 ? 'success' : fate < 49 ? 'failure' : 'unknown'}","data":${data(draw)},` +
    `"context":{"ip":"${10 + draw(190)}.${draw(256)}.${draw(256)}.${draw(256)}","user_agent":"${pick(agents, draw)}/${draw(140)}.0.${draw(10_000)}","session_id":"${hex(draw, 8)}${hex(draw, 8)}","request_id":"${hex(draw, 8)}${hex(draw, 8)}${hex(draw, 8)}${hex(draw, 4)}"}}\n`
  )
}

function eventId(ordinal: number, at: number, draw: Draw): string {
  const time = at.toString(16).padStart(12, '0')
  const tail = ordinal.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(draw, 3)}-9${hex(draw, 3)}-${tail}`
}

/** As long as an identifier of an identity provider, and the same for the same user. */
function userId(user: number): string {
  const mixed = Math.imul(user + 1, 0x9e3779b1) >>> 0
  return `u-${(mixed.toString(16) + Math.imul(mixed, 0x85ebca6b).toString(16).slice(1)).padStart(16, '0')}`
}

function name(draw: Draw): string {
  const share = draw(100)
  return pick(share < 10 ? wideNames : share < 65 ? latinNames : asciiNames, draw)
}

function signIn(draw: Draw): string {
  return (
    `{"method":"${pick(methods, draw)}","mfa":${draw(2) === 0},"session":{"id":"${hex(draw, 8)}","seconds":${draw(28_800)},` +
    `"device":{"known":${draw(4) > 0},"fingerprint":"${hex(draw, 8)}${hex(draw, 8)}"}},"risk":0.${draw(100)}}`
  )
}

function failedSignIn(draw: Draw): string {
  return (
    `{"method":"${pick(methods, draw)}","reason":"${pick(reasons, draw)}","attempt":${1 + draw(6)},"locked":${draw(5) === 0},` +
    `"device":{"known":false,"fingerprint":"${hex(draw, 8)}"}}`
  )
}

function roleChange(draw: Draw): string {
  return (
    `{"before":{"roles":["${pick(roles, draw)}"],"version":${draw(90)}},` +
    `"after":{"roles":["${pick(roles, draw)}","${pick(roles, draw)}"],"version":${100 + draw(90)}},"ticket":"SEC-${draw(9_000)}"}`
  )
}

function profileChange(draw: Draw): string {
  return (
    `{"changes":[{"field":"phone","old":"+49 30 ${draw(9_000_000)}","new":"+49 30 ${draw(9_000_000)}"},` +
    `{"field":"locale","old":"en","new":"de-CH"}],"sequence":${bigInteger(draw)}}`
  )
}

function keyCreated(draw: Draw): string {
  return `{"scopes":["payroll:read","users:read"],"prefix":"ak_${hex(draw, 6)}","expires_at":null,"owner":{"team":"platform","id":${bigInteger(draw)}}}`
}

function documentExport(draw: Draw): string {
  return (
    `{"format":"csv","rows":${draw(200_000)},"bytes":${bigInteger(draw)},"columns":["name","email","country"],` +
    `"filter":{"from":"2026-04-01","to":"2026-04-${10 + draw(20)}","tags":["q2",null,true]}}`
  )
}

function invoice(draw: Draw): string {
  return (
    `{"number":"INV-${draw(900_000)}","amount":{"value":"${draw(90_000)}.${10 + draw(90)}","currency":"EUR"},` +
    `"lines":[{"sku":"SEAT-${draw(40)}","quantity":${1 + draw(200)},"price":${draw(90)}.50}],"ledger_id":${bigInteger(draw)}}`
  )
}

/** An integer beyond 2^53, below 2^63. */
function bigInteger(draw: Draw): string {
  return `9${String(draw(1_000_000_000)).padStart(9, '0')}${String(draw(100_000_000)).padStart(8, '0')}`
}

function hex(draw: Draw, digits: number): string {
  return draw(0xffffffff).toString(16).padStart(8, '0').slice(0, digits)
}

function pick<Item>(from: readonly Item[], draw: Draw): Item {
  return from[draw(from.length)] as Item
}
