// The source kind `zitadel`: the events of a ZITADEL instance, by its event API.
import type { SourceKind, SourceTools, WindowDefaults } from '../source.ts'
import { settleZitadel, type ZitadelOptions, zitadelOptions } from './options.ts'
import { Zitadel } from './zitadel.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/**
 * An event has the time at which its transaction, or its statement, began, and is seen when that is committed: zitadel/zitadel#12703. Most
 * are seen at once, some seconds late; the sweeps are for the rest.
 */
const windows: WindowDefaults = {
  startMs: 7 * 24 * hourMs,
  settleMs: 30_000,
  overlapMs: 5 * minuteMs,
  maxWindowMs: hourMs,
  sweepsMs: [hourMs, 24 * hourMs],
  retentionMs: null,
}

export const zitadel = {
  type: 'zitadel',
  options: zitadelOptions,
  everyMs: 30_000,
  settle: settleZitadel,
  windows: () => windows,
  originOf: ({ url }: ZitadelOptions) => ({ as: {}, windowed: true, place: new URL(url).hostname, parts: [''] }),
  open: (options: ZitadelOptions, tools: SourceTools) => new Zitadel(options, tools),
} satisfies SourceKind<ZitadelOptions>
