// The source kind `zuora`: the audit logs of Zuora OneID, and the audit trail of a billing tenant.
import { settleConnection } from '../../runtime/connection-options.ts'
import type { SourceKind, SourceTools, WindowDefaults } from '../source.ts'
import { type Log, logOf } from './logs.ts'
import { type ZuoraOptions, zuoraOptions } from './options.ts'
import { Zuora } from './zuora.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Zuora does not say how late its records are, but that they may be ("Table auditobjectchangeevent"). */
const windows = {
  startMs: 7 * dayMs,
  settleMs: 10 * minuteMs,
  overlapMs: 30 * minuteMs,
  maxWindowMs: dayMs,
  sweepsMs: [hourMs, dayMs],
}
/** What the Admin Console of OneID shows and exports ("View audit log reports"). */
const shownMs = 180 * dayMs

function hasWay(logs: readonly unknown[], way: Log['way']): boolean {
  return logs.some((name) => logOf(String(name))?.way === way)
}

export const zuora = {
  type: 'zuora',
  options: zuoraOptions,
  everyMs: 5 * minuteMs,
  /** A query is a job for Zuora. */
  everyOf: ({ logs }: Readonly<Record<string, unknown>>) =>
    Array.isArray(logs) && hasWay(logs, 'data_query') ? 15 * minuteMs : undefined,
  settle: (options: ZuoraOptions, folder: string) => settleConnection(options, folder),
  windows: ({ logs }: ZuoraOptions): WindowDefaults => ({
    ...windows,
    retentionMs: hasWay(logs, 'audit_logs') ? shownMs : null,
  }),
  originOf: ({ url, logs }: ZuoraOptions) => ({ as: {}, windowed: true, place: new URL(url).hostname, parts: logs }),
  open: (options: ZuoraOptions, tools: SourceTools) => new Zuora(options, tools),
} satisfies SourceKind<ZuoraOptions>
