// Keeps secrets, control characters and long texts of a receiver's answer out of what a person or a log reads.
import type { HttpReply } from './http.ts'

/** Shorter texts are no secrets, and hiding them would make an answer unreadable. */
const shortestSecret = 4
/** Characters of an answer that a reason carries. */
const excerptLength = 300
/** A secret split by the end of what is looked at must not survive in part. */
const lookedAt = 4096

/**
 * Every form in which a receiver may echo these secrets: as they are, in the JSON and the percent-encoding of one language or
 * another, in HTML, in base64 of either alphabet. Longest first.
 */
export function secretForms(secrets: readonly string[]): readonly string[] {
  const forms = new Set<string>()
  for (const secret of secrets) {
    if (secret.length < shortestSecret) continue
    for (const form of [secret, ...jsonForms(secret), ...urlForms(secret.toWellFormed()), html(secret)]) forms.add(form)
    const base64 = Buffer.from(secret).toString('base64')
    for (const form of [base64, base64.replace(/=+$/, ''), Buffer.from(secret).toString('base64url')]) forms.add(form)
  }
  return [...forms].sort((one, other) => other.length - one.length)
}

/** With and without the slash escaped, and what is not ASCII. */
function jsonForms(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  const ascii = json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return [json, ascii].flatMap((form) => [form, form.replaceAll('/', '\\/')])
}

/** Of a component and of a form, in digits of either case. */
function urlForms(secret: string): readonly string[] {
  const forms = [encodeURIComponent(secret), encodeURI(secret), new URLSearchParams([['', secret]]).toString().slice(1)]
  return forms.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())])
}

const ENTITIES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' }

function html(secret: string): string {
  return secret.replace(/[&<>"']/g, (character) => `&${ENTITIES[character]};`)
}

/** `text` without the secrets. */
export function scrub(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, '[secret]')
  return clean
}

/** The answer without the secrets in its body and headers; the same object when it holds none. */
export function scrubReply(reply: HttpReply, secrets: readonly string[]): HttpReply {
  const body = Buffer.from(reply.body.buffer, reply.body.byteOffset, reply.body.byteLength)
  const inBody = secrets.some((secret) => body.includes(secret))
  const inHeaders = Object.values(reply.headers).some((value) => secrets.some((secret) => value.includes(secret)))
  if (!inBody && !inHeaders) return reply
  const headers = Object.fromEntries(
    Object.entries(reply.headers).map(([name, value]) => [name, scrub(value, secrets)]),
  )
  return {
    ...reply,
    headers,
    body: inBody ? Buffer.from(scrub(body.toString('latin1'), secrets.map(toLatin1)), 'latin1') : reply.body,
  }
}

/** The characters that stand for the UTF-8 bytes of `text` when bytes are read as Latin-1. */
function toLatin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** The beginning of an answer on one line, safe to print; empty when there is nothing to show. */
export function excerpt(reply: HttpReply): string {
  const encoding = reply.headers['content-encoding']
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity')
    return `(${reply.body.length} bytes, ${printable(encoding).slice(0, 20)})`
  const text = withoutTokens(new TextDecoder().decode(reply.body.subarray(0, lookedAt)))
  const title = /<title[^>]{0,80}>([^<]{1,200})/i.exec(text)?.[1]
  const line = printable(title === undefined ? text : `(page) ${title}`)
  return shortened(line)
}

/** An answer of an authorization server is a secret that nobody knew before. */
function withoutTokens(text: string): string {
  return text.replace(/("(?:access|refresh|id)_token"\s*:\s*")[^"]*/g, '$1[secret]')
}

/** As much of a line as a reason carries. */
export function shortened(line: string): string {
  return line.length > excerptLength ? `${line.slice(0, excerptLength - 1).replace(/[\ud800-\udbff]$/, '')}…` : line
}

/** One line: white space drawn together; control, format and surrogate characters as escapes, so that no terminal obeys them. */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}
