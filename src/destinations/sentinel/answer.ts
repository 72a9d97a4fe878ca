// Reads what Azure says is wrong.
import type { HttpReply } from '../../runtime/http.ts'
import { membersOf, membersOfReply } from '../../runtime/reply-json.ts'

/** What Azure calls the fault, and how it explains it: `{"error":{"code":…,"message":…}}`; empty where it does not say. */
export function faultIn(reply: HttpReply): { readonly code: string; readonly message: string } {
  const { code, message } = membersOf(membersOfReply(reply)['error'])
  return { code: typeof code === 'string' ? code : '', message: typeof message === 'string' ? message : '' }
}
