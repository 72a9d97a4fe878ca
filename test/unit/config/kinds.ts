// Kinds of source and destination for configuration tests: every form of option that a real kind may have.
import { join } from 'node:path'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { loadConfig, type LoadOptions } from '../../../src/config/load.ts'
import type { DestinationKind } from '../../../src/destinations/destination.ts'
import { ConfigError, type ConfigFault } from '../../../src/model/errors.ts'
import { duration, size } from '../../../src/model/units.ts'
import type { SourceKind } from '../../../src/sources/source.ts'

/** A kind that is read in windows unless its options say otherwise. */
const trailOptions = z.strictObject({ token: z.string().min(8), feed: z.boolean().default(false) })
const trail: SourceKind<z.output<typeof trailOptions>> = {
  type: 'trail',
  options: trailOptions,
  everyMs: 30_000,
  windows: ({ feed }) =>
    feed
      ? null
      : {
          startMs: 7 * 86_400_000,
          settleMs: 10_000,
          overlapMs: 300_000,
          maxWindowMs: 3_600_000,
          sweepsMs: [3_600_000, 86_400_000],
          retentionMs: null,
        },
  open: never,
}

function never(): never {
  throw new Error('configuration opens nothing')
}

const spoolOptions = z.strictObject({
  path: z.string().min(1),
  on_done: z.union([z.enum(['keep', 'delete']), z.strictObject({ move: z.string() })]).default('keep'),
  fields: z.record(z.string(), z.string()).optional(),
})
const spool: SourceKind<z.output<typeof spoolOptions>> = {
  type: 'spool',
  options: spoolOptions,
  everyMs: 1000,
  settle: (options, folder) => ({ ...options, path: join(folder, options.path) }),
  open: never,
}

const url = z.string().superRefine((text, context) => {
  if (!URL.canParse(text)) context.addIssue('expected an absolute address such as https://receiver.example/hook')
})
const hookOptions = z
  .strictObject({
    url,
    secret: z.union([z.string().min(8), z.array(z.string().min(8)).min(1)]).optional(),
    batch: z.int().min(1).max(1000).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    auth: z.strictObject({ user: z.string(), password: z.string() }).optional(),
    max_bytes: size().optional(),
    pause: duration({ max: '1m' }).optional(),
  })
  .superRefine((options, context) => {
    if (options.auth && options.secret)
      context.addIssue({ code: 'custom', path: ['auth'], message: 'auth and secret exclude each other' })
  })
const hook: DestinationKind<z.output<typeof hookOptions>> = {
  type: 'hook',
  options: hookOptions.transform((options) => options),
  inFlight: 4,
  limits: (options) => ({ maxEvents: options.batch ?? 1, maxBytes: options.max_bytes ?? 1024, overheadBytes: 16 }),
  open: never,
}
const folder: DestinationKind = {
  ...hook,
  type: 'folder',
  options: z.strictObject({ path: z.string().min(1) }),
  inFlight: 1,
} as unknown as DestinationKind

export const kinds: LoadOptions['kinds'] = {
  sources: [spool, trail],
  destinations: [hook as unknown as DestinationKind, folder],
}

/** A folder that is gone after the test, with these files. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const path = mkdtempSync(join(tmpdir(), 'audit-relay-config-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content)
  return path
}

/** The configuration in `text`. */
export function load(text: string | Uint8Array, options: Partial<LoadOptions> = {}) {
  return loadConfig(join(folderWith({ 'audit-relay.yaml': text }), 'audit-relay.yaml'), { kinds, env: {}, ...options })
}

/** The faults of the configuration in `text`; none when it can be used. */
export function faultsOf(text: string | Uint8Array, options: Partial<LoadOptions> = {}): readonly ConfigFault[] {
  try {
    return load(text, options).warnings
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}
