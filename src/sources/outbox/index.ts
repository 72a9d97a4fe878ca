// The source kind `outbox`: audit events that the operator's own programs write to disk as JSON Lines.
import type { SourceKind, SourceTools } from '../source.ts'
import { type OutboxOptions, OutboxOptionsSchema, settleOptions } from './options.ts'
import { Outbox } from './outbox.ts'

export const outbox = {
  type: 'outbox',
  options: OutboxOptionsSchema,
  everyMs: 50,
  settle: settleOptions,
  open: (options: OutboxOptions, tools: SourceTools) => new Outbox(options, tools),
} satisfies SourceKind<OutboxOptions>
