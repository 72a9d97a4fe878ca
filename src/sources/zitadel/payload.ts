// Of which events the payload is read.
import { matchesGlob } from '../../model/glob.ts'

/** `none`, `all`, or globs on event types: `*` stands for any text. */
export type PayloadRule = 'none' | 'all' | readonly string[]

export function payloadAllowed(rule: PayloadRule, eventType: string): boolean {
  return rule === 'all' || (rule !== 'none' && rule.some((glob) => matchesGlob(glob, eventType)))
}
