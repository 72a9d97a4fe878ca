// Reads an answer that should be a JSON object, and may be anything.
import type { HttpReply } from './http.ts'

/** The members of a JSON object; none of anything else. */
export function membersOfReply({ body }: HttpReply): Readonly<Record<string, unknown>> {
  try {
    return membersOf(JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()))
  } catch {
    return {}
  }
}

/** The same for a value that was read already. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
